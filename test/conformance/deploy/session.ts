/**
 * Assumes the role of a customer as deliver does, with the credentials of the profile, for the place of one delivery;
 * then tries what the session may do and prints it: an array of `allowed` or the name of the error. The argument is
 * JSON: {destination, place, externalId}.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { openRoleAssumer } from '#aws/deliver/assume-role.ts';
import type { S3Destination } from '#domain/deliver/destination.ts';

const given = JSON.parse(process.argv[2]!) as {
  destination: S3Destination;
  place: string;
  externalId: string;
};
const { destination, place, externalId } = given;
const { bucket: Bucket, prefix } = destination;
const role = await openRoleAssumer()(destination, place)(externalId);
if (role === 'denied') throw new Error('The role cannot be assumed');
const client = role.client as S3Client;
const own = `${prefix}/${place}session.txt`;
const beside = `${prefix}/beside.txt`;
const tries = [
  () => client.send(new PutObjectCommand({ Bucket, Key: own, Body: 'x' })),
  async () => (await client.send(new GetObjectCommand({ Bucket, Key: own }))).Body!.transformToString(),
  () => client.send(new PutObjectCommand({ Bucket, Key: beside, Body: 'x' })),
  () => client.send(new GetObjectCommand({ Bucket, Key: beside })),
  () => client.send(new ListObjectsV2Command({ Bucket })),
  () => client.send(new DeleteObjectCommand({ Bucket, Key: own })),
];
const outcomes: string[] = [];
for (const attempt of tries)
  outcomes.push(
    await attempt().then(
      () => 'allowed',
      (error: Error) => error.name,
    ),
  );
console.log(JSON.stringify(outcomes));
client.destroy();
