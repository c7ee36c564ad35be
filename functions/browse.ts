/**
 * Serves the routes that look into a log, straight from the ledger. The gateway has authenticated the caller; the
 * admin directory decides at each request whether a user is an admin.
 */
import { openAdminDirectory } from '#aws/admin-directory.ts';
import { callersOf } from '#aws/callers.ts';
import { type Kinesis, type Lambda, openKinesis, openLambda, openS3, type S3 } from '#aws/clients.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { openState, openStream, requireConfigured } from '#aws/open.ts';
import { SelfAudit } from '#aws/self-audit.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { asAdmin } from '#functions/http/admin-check.ts';
import {
  type BrowseApiWorld,
  byBody,
  byQuery,
  countEvents,
  findEvents,
  listValues,
} from '#functions/http/browse.ts';
import { answering } from '#functions/http/http-handler.ts';
import { type Handlers, serve } from '#functions/http/router.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { log as defaultLog, type Log } from '#functions/runtime/log.ts';
import { logMetrics, type Metrics } from '#functions/runtime/metrics.ts';
import { createBrowseWorld } from '#functions/workflows/browse-world.ts';

const handlers: Handlers<'browse', BrowseApiWorld> = {
  'GET /v1/events': asAdmin(byQuery(findEvents)),
  'POST /v1/events/search': asAdmin(byBody(findEvents)),
  'GET /v1/events/histogram': asAdmin(byQuery(countEvents)),
  'POST /v1/events/histogram': asAdmin(byBody(countEvents)),
  'GET /v1/events/values': asAdmin(byQuery(listValues)),
  'POST /v1/events/values': asAdmin(byBody(listValues)),
};

export const browse = (world: BrowseApiWorld) => serve('browse', handlers, world, world);

/** API Gateway waits 30 seconds for an answer, and Lambda returns at most 6 MB. */
const budget = { milliseconds: 15_000, bytesRead: 256 * 1024 * 1024 };
const putDeadlineMs = 5000;

export const openBrowse = (
  configuration: ConfigurationOf<'browse'>,
  { kinesis, s3, lambda: lambdaClient }: { kinesis: Kinesis; s3: S3; lambda?: Lambda },
  catalogue: Catalogue,
  { log, metrics }: { log: Log; metrics: Metrics },
): BrowseApiWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = openState(s3, configuration);
  return {
    ...createBrowseWorld(configuration, s3, { budget, log, metrics }),
    catalogue,
    selfAudit: new SelfAudit(openStream(kinesis, configuration, putDeadlineMs), buckets, Date.now),
    adminDirectory: openAdminDirectory(configuration.ANNALS_DIRECTORY_FUNCTION, state, lambdaClient),
    callers: callersOf(configuration),
  };
};

export const handler = answering(
  lambda(async () => {
    const configuration = readEnvironment('browse', process.env);
    const clients = { kinesis: openKinesis(), s3: openS3(), lambda: openLambda() };
    await requireConfigured(clients.s3, configuration);
    const metrics = logMetrics(configuration.ANNALS_INSTALLATION);
    return browse(openBrowse(configuration, clients, installedCatalogue, { log: defaultLog, metrics }));
  }),
);
