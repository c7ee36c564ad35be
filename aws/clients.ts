/**
 * The SDK clients of the services that the functions use. Code depends only on their `send`, which stand-ins
 * offer too. One function per service, so that a bundle contains only the clients that its function opens.
 */
import { AthenaClient } from '@aws-sdk/client-athena';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';

export type Athena = Pick<AthenaClient, 'send'>;
export type Kinesis = Pick<KinesisClient, 'send'>;
export type Lambda = Pick<LambdaClient, 'send'>;
export type S3 = Pick<S3Client, 'send'>;

export const openAthena = (): AthenaClient => new AthenaClient({});
export const openKinesis = (): KinesisClient => new KinesisClient({});
export const openLambda = (): LambdaClient => new LambdaClient({});
export const openS3 = (): S3Client => new S3Client({});
