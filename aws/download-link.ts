/** Links that let anyone who has one download an object for a limited time. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

/** Makes a link to the object with a key, valid for a number of seconds. */
export const downloadLinks =
  (s3: S3Client, bucket: string, seconds: number) =>
  (key: string): Promise<string> =>
    getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: seconds });
