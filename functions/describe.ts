/**
 * Serves what anyone may read: the catalogued actions with the schemas of their payloads, the OpenAPI
 * document, and the health of the log.
 */
import { openS3, type S3 } from '#aws/clients.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { openAside, openState } from '#aws/open.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Notices } from '#aws/state/notices.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { printActions, printSchemas } from '#domain/catalogue/print.ts';
import { openApiDocument } from '#domain/http/openapi-document.ts';
import { json } from '#functions/http/answer.ts';
import { type HealthWorld, healthOf } from '#functions/http/health.ts';
import { answering } from '#functions/http/http-handler.ts';
import { type Handlers, serve } from '#functions/http/router.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { log } from '#functions/runtime/log.ts';

export type DescribeWorld = HealthWorld & {
  catalogue: Catalogue;
  /** The URL at which others reach the server, if it is known. */
  publicUrl?: string | undefined;
};

export const describe = (world: DescribeWorld) => {
  const health = healthOf(world);
  const handlers: Handlers<'describe', DescribeWorld> = {
    'GET /v1/actions': ({ catalogue }) => json<'Actions'>(200, { actions: printActions(catalogue) }),
    'GET /v1/schemas': ({ catalogue }) => json<'Schemas'>(200, { schemas: printSchemas(catalogue) }),
    'GET /v1/openapi.json': ({ publicUrl }) => json<'OpenApi'>(200, openApiDocument(publicUrl)),
    'GET /healthz': () => health(),
  };
  return serve('describe', handlers, world, world);
};

export const openDescribe = (
  configuration: ConfigurationOf<'describe'>,
  s3: S3,
  catalogue: Catalogue,
): DescribeWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = openState(s3, configuration);
  return {
    watermarks: new Watermarks(state),
    gaps: new Gaps(openAside(s3, configuration), state, buckets),
    compactions: new Compactions(state),
    notices: new Notices(state),
    refused: { state, maxBytes: configuration.ANNALS_REFUSED_BYTES },
    buckets,
    catalogue,
    nowMs: Date.now,
    log,
  };
};

export const handler = answering(
  lambda(async () => {
    const configuration = readEnvironment('describe', process.env);
    return describe(openDescribe(configuration, openS3(), installedCatalogue));
  }),
);
