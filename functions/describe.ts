/**
 * What anyone may ask: which actions are catalogued, what their payloads hold, the surface itself, and
 * whether the log is well.
 */
import { openS3, type S3 } from '#aws/clients.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { openAside, openState } from '#aws/open.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Notices } from '#aws/state/notices.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { printActions, printSchemas } from '#domain/catalogue/print.ts';
import { openApiDocument } from '#domain/http/openapi-document.ts';
import { type Answer, json, problem, unknownParameter } from '#functions/http/answer.ts';
import { type HealthWorld, healthOf } from '#functions/http/health.ts';
import { answering } from '#functions/http/http-handler.ts';
import type { ApiEvent } from '#functions/http/request.ts';
import { lambda } from '#functions/runtime/handler.ts';
import { log } from '#functions/runtime/log.ts';

export type DescribeWorld = HealthWorld & {
  catalogue: Catalogue;
  /** By which others reach the server, if that is known. */
  publicUrl?: string | undefined;
};

export const describe = (world: DescribeWorld) => {
  const health = healthOf(world);
  return async ({ routeKey, queryStringParameters }: ApiEvent): Promise<Answer> => {
    const [parameter] = Object.keys(queryStringParameters ?? {});
    if (parameter !== undefined) return unknownParameter(parameter, []);
    switch (routeKey) {
      case 'GET /v1/actions':
        return json(200, { actions: printActions(world.catalogue) });
      case 'GET /v1/schemas':
        return json(200, { schemas: printSchemas(world.catalogue) });
      case 'GET /v1/openapi.json':
        return json(200, openApiDocument(world.publicUrl));
      case 'GET /healthz':
        return health();
      default:
        return problem('not_found', 'There is no such route');
    }
  };
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
