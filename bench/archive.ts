/**
 * archive: megabytes of rows per second, in full batches of the stream, with objects put at no cost. The
 * floor is gunzip and gzip of the same bytes, record by record in and object by object out, at the same
 * level.
 */
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { KinesisStreamEvent } from 'aws-lambda';
import { objectGzipLevel } from '#aws/ledger-object.ts';
import { bucketOf, partitionKey } from '#domain/archive/bucket.ts';
import { encodePacks } from '#domain/archive/pack.ts';
import { encodeReceipt, encodeRow } from '#domain/archive/row.ts';
import { noWatermark } from '#domain/archive/watermark.ts';
import { parseEvent } from '#domain/event/event.ts';
import { JsonReader } from '#domain/json/reader.ts';
import { archive } from '#functions/archive.ts';
import { benchEvent } from './events.ts';
import type { Figure, Heading } from './figure.ts';
import { compare } from './measure.ts';

/** Lambda's payload limit counts base64. */
const maxDataBytes = 4_400_000;
const rowsPerPack = 25;
const scopes = 16;

export type ArchiveResult = {
  rows: number;
  megabytes: number;
  /** What is in the ledger. */
  storedBytesPerRow: number;
  megabytesPerSecond: number;
  floorMegabytesPerSecond: number;
  ratio: number;
};

export const archiveHeading: Heading = {
  name: 'archive',
  measures: 'megabytes of rows a second, a full batch of the stream, objects put at no cost',
  floor: 'gunzip and gzip of the same bytes, record by record in and object by object out',
};
export const archiveFigure = (result: ArchiveResult): Figure => ({
  what: `${result.rows.toLocaleString('en-US')} rows`,
  value: result.megabytesPerSecond,
  floor: result.floorMegabytesPerSecond,
  unit: 'MB/s',
  better: 'more',
  aim: 0.8,
  note: `${Math.round(result.storedBytesPerRow)} bytes a row in the ledger`,
});

export const benchArchive = async (
  say: (text: string) => void,
  add: (result: ArchiveResult) => void,
): Promise<void> => {
  say('archive, a full batch');
  const packs: { data: Buffer; bucket: number }[] = [];
  let bytes = 0;
  const now = Date.now();
  for (let n = 0; ; n++) {
    const scope = `org-${n % scopes}`;
    const rows = Array.from({ length: rowsPerPack }, (_, i) => rowOf(n * rowsPerPack + i, scope, now));
    const { data } = encodePacks(rows)[0]!;
    if (bytes + data.length > maxDataBytes) break;
    bytes += data.length;
    packs.push({ data, bucket: bucketOf(scope, 32) });
  }
  const event = {
    Records: packs.map(({ data, bucket }, i) => ({
      eventID: `shardId-0:${i + 1}`,
      kinesis: {
        partitionKey: partitionKey(bucket),
        sequenceNumber: String(i + 1),
        data: data.toString('base64'),
        approximateArrivalTimestamp: now / 1000,
      },
    })),
  } as unknown as KinesisStreamEvent;
  let stored = 0;
  const run = archive({
    stream: { id: async () => 's' },
    ledger: {
      create: async (_, object) => {
        stored += object.length;
        return 'created';
      },
    },
    aside: { create: async () => 'created' },
    refused: { file: async () => true },
    watermarks: {
      get: async () => ({ watermark: noWatermark, etag: undefined }),
      all: async () => [],
      put: async () => true,
    },
    buckets: 32,
    maxTextBytes: 1e9,
    log: () => undefined,
    metrics: () => undefined,
  });
  const byBucket = groupByBucket(packs);
  const floor = async () => {
    const texts = [...byBucket.values()].map(group =>
      Buffer.concat(group.map(({ data }) => (data[0] === 0x1f ? gunzipSync(data) : data))),
    );
    const next = async (): Promise<void> => {
      for (let text = texts.pop(); text; text = texts.pop())
        await promisify(gzip)(text, { level: objectGzipLevel });
    };
    await Promise.all([next(), next(), next(), next()]);
  };
  await run(event);
  const storedBytesPerRow = stored / (packs.length * rowsPerPack);
  const { medianMs, floorMs, ratio } = await compare(
    { name: 'archive', run: () => run(event) },
    { name: 'floor', run: floor },
    7,
  );
  const megabytes =
    packs.reduce((sum, { data }) => sum + (data[0] === 0x1f ? gunzipSync(data).length : data.length), 0) /
    1e6;
  add({
    rows: packs.length * rowsPerPack,
    megabytes,
    storedBytesPerRow,
    megabytesPerSecond: megabytes / (medianMs / 1000),
    floorMegabytesPerSecond: megabytes / (floorMs / 1000),
    ratio,
  });
};

const groupByBucket = (
  packs: readonly { data: Buffer; bucket: number }[],
): Map<number, { data: Buffer }[]> => {
  const groups = new Map<number, { data: Buffer }[]>();
  for (const pack of packs) groups.set(pack.bucket, [...(groups.get(pack.bucket) ?? []), pack]);
  return groups;
};

const receipt = encodeReceipt('arn:aws:iam::1:role/shop', 'r-1', '192.0.2.1');

/** The stored row of a bench event. */
export const rowOf = (n: number, scope: string, occurredAtMs: number): string => {
  const verdict = parseEvent(
    new JsonReader(JSON.stringify(benchEvent(n, scope, occurredAtMs))).value(),
    '9999-12-31T23:59:59.999999999Z',
  );
  if ('code' in verdict) throw new Error(verdict.message);
  const { id, occurredAt, request, requestId, clientTraceId } = verdict;
  return encodeRow(
    verdict,
    {
      id: id!,
      occurredAt: occurredAt!,
      request: request ?? undefined,
      requestId,
      clientTraceId,
      receivedAt: occurredAt!,
    },
    receipt,
  );
};
