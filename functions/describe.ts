/** What anyone may ask: whether the log is well. */
import { S3Client } from '@aws-sdk/client-s3';
import { systemBackoff } from '#aws/backoff.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { Objects } from '#aws/objects.ts';
import { Watermarks } from '#aws/watermarks.ts';
import { allBuckets } from '#domain/bucket.ts';
import { completeTo } from '#domain/watermark.ts';
import { type Answer, json, problem } from './answer.ts';
import { answering, lambda } from './handler.ts';
import { errorFacts, type Log, log } from './log.ts';

export type DescribeWorld = { watermarks: Watermarks; buckets: number; log: Log };

/** `GET /healthz`: `complete_to` is the instant up to which everything that was received has been filed. */
export const describe = (world: DescribeWorld) => async (): Promise<Answer> => {
  try {
    return json(200, {
      status: 'ok',
      complete_to: completeTo(await world.watermarks.all(), allBuckets(world.buckets)) ?? null,
    });
  } catch (error) {
    world.log('error', 'The state could not be read', errorFacts(error));
    return problem(503, 'state_unavailable', 'The state of the log cannot be read now');
  }
};

export const openDescribe = (
  configuration: ConfigurationOf<'describe'>,
  s3: Pick<S3Client, 'send'>,
): DescribeWorld => ({
  watermarks: new Watermarks(new Objects(s3, configuration.ANNALS_STATE, systemBackoff)),
  buckets: configuration.ANNALS_BUCKETS,
  log,
});

export const handler = answering(
  lambda(async () => {
    const world = openDescribe(readEnvironment('describe', process.env), new S3Client({}));
    return describe(world);
  }),
);
