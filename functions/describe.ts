/** What anyone may ask: which actions are catalogued, what their payloads hold, the surface itself, and whether the log is well. */
import { S3Client } from '@aws-sdk/client-s3';
import { systemBackoff } from '#aws/backoff.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { Objects } from '#aws/objects.ts';
import { Watermarks } from '#aws/watermarks.ts';
import { installedCatalogue } from '#catalogue/installed.ts';
import { allBuckets } from '#domain/bucket.ts';
import type { Catalogue } from '#domain/catalogue.ts';
import { printActions, printSchemas } from '#domain/catalogue-answers.ts';
import { openApiDocument } from '#domain/openapi/document.ts';
import { completeTo } from '#domain/watermark.ts';
import { type Answer, json, problem, unknownParameter } from './answer.ts';
import { answering, lambda } from './handler.ts';
import { errorFacts, type Log, log } from './log.ts';
import type { ApiEvent } from './request-context.ts';

export type DescribeWorld = {
  watermarks: Watermarks;
  buckets: number;
  catalogue: Catalogue;
  log: Log;
  /** By which others reach the server, if that is known. */
  publicUrl?: string | undefined;
};

export const describe =
  (world: DescribeWorld) =>
  async ({ routeKey, queryStringParameters }: ApiEvent): Promise<Answer> => {
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
        return health(world);
      default:
        return problem(404, 'not_found', 'There is no such route');
    }
  };

/** `complete_to` is the instant up to which everything that was received has been filed. */
const health = async ({ watermarks, buckets, log }: DescribeWorld): Promise<Answer> => {
  try {
    return json(200, {
      status: 'ok',
      complete_to: completeTo(await watermarks.all(), allBuckets(buckets)) ?? null,
    });
  } catch (error) {
    log('error', 'The state could not be read', errorFacts(error));
    return problem(503, 'state_unavailable', 'The state of the log cannot be read now');
  }
};

export const openDescribe = (
  configuration: ConfigurationOf<'describe'>,
  s3: Pick<S3Client, 'send'>,
  catalogue: Catalogue,
): DescribeWorld => ({
  watermarks: new Watermarks(new Objects(s3, configuration.ANNALS_STATE, systemBackoff)),
  buckets: configuration.ANNALS_BUCKETS,
  catalogue,
  log,
});

export const handler = answering(
  lambda(async () => {
    const configuration = readEnvironment('describe', process.env);
    return describe(openDescribe(configuration, new S3Client({}), installedCatalogue));
  }),
);
