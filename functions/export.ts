/**
 * Serves the routes of exports, for staff and customers: request an export, follow it, list exports, fetch
 * the file and the manifest. The gateway has authenticated the caller; the admin directory decides at each
 * request whether a user is an admin.
 */
import { v7 } from 'uuid';
import { openAdminDirectory } from '#aws/admin-directory.ts';
import { callersOf } from '#aws/callers.ts';
import { type Lambda, openAthena, openKinesis, openLambda, openS3 } from '#aws/clients.ts';
import { downloadLinks } from '#aws/download-link.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { requireConfigured } from '#aws/open.ts';
import { asAdmin } from '#functions/http/admin-check.ts';
import { askForExport, retryExport } from '#functions/http/ask-export.ts';
import { downloadExport, showManifest } from '#functions/http/fetch-export.ts';
import { type ExportApiWorld, linkSeconds, type MintLink, showExport } from '#functions/http/find-export.ts';
import { answering } from '#functions/http/http-handler.ts';
import { listExports } from '#functions/http/list-exports.ts';
import { type Handlers, serve } from '#functions/http/router.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { log } from '#functions/runtime/log.ts';
import { logMetrics } from '#functions/runtime/metrics.ts';
import {
  createExportWorld,
  type ExportClients,
  type ExportOutputs,
} from '#functions/workflows/export-world.ts';
import { topicSender } from '#functions/workflows/notify.ts';

const handlers: Handlers<'export', ExportApiWorld> = {
  // Checks the requester itself, since it records a refusal.
  'POST /v1/exports': askForExport,
  'GET /v1/exports': asAdmin(listExports),
  'GET /v1/exports/{id}': asAdmin(showExport),
  'GET /v1/exports/{id}/manifest': asAdmin(showManifest),
  'GET /v1/exports/{id}/download': asAdmin(downloadExport),
  'POST /v1/exports/{id}/retry': asAdmin(retryExport),
};

export const exportApi = (world: ExportApiWorld) =>
  serve('export', handlers, world, { callers: world.callers, log: world.exports.log });

export const openExportApi = (
  configuration: ConfigurationOf<'export'>,
  clients: ExportClients & { lambda?: Lambda },
  { mintLink, ...outputs }: ExportOutputs & { mintLink: MintLink },
): ExportApiWorld => {
  const exports = createExportWorld(configuration, clients, outputs);
  return {
    exports,
    mintLink,
    newId: v7,
    adminDirectory: openAdminDirectory(
      configuration.ANNALS_DIRECTORY_FUNCTION,
      exports.state,
      clients.lambda,
    ),
    callers: callersOf(configuration),
  };
};

export const handler = answering(
  lambda(async () => {
    const configuration = readEnvironment('export', process.env);
    const s3 = openS3();
    await requireConfigured(s3, configuration);
    return exportApi(
      openExportApi(
        configuration,
        { kinesis: openKinesis(), s3, athena: openAthena(), lambda: openLambda() },
        {
          mintLink: downloadLinks(s3, configuration.ANNALS_RESULTS, linkSeconds),
          send: topicSender(configuration.ANNALS_NOTIFICATION_TOPIC),
          log,
          metrics: logMetrics(configuration.ANNALS_INSTALLATION),
        },
      ),
    );
  }),
);
