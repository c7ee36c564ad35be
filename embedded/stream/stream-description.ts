/**
 * `stream.json`: what the stream is, and which shards it has had. Without it nobody knows which records are
 * whose.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DescribeStreamSummaryCommandOutput } from '@aws-sdk/client-kinesis';
import { DataDirectoryError } from '#embedded/data-directory.ts';
import { asAbsent, writeDurably } from '#embedded/files.ts';
import { describeShard, equalRanges, shardId } from './resharding.ts';
import { isSegmentName } from './segment.ts';
import type { ShardDescription } from './shard.ts';

export type StreamDescription = { name: string; createdAt: number; shards: ShardDescription[] };

const pathIn = (directory: string): string => join(directory, 'stream.json');

export const writeStreamDescription = (
  directory: string,
  temporary: string,
  description: StreamDescription,
): Promise<void> => writeDurably(temporary, pathIn(directory), JSON.stringify(description));

/** Undefined if there is no stream yet. Throws if it does not mention every shard that holds records. */
export const readStreamDescription = async (directory: string): Promise<StreamDescription | undefined> => {
  const path = pathIn(directory);
  const description = await read(path, directory);
  const known = new Set(description?.shards.map(({ id }) => id));
  const unknown = (await shardsWithRecords(directory)).filter(id => !known.has(id));
  if (unknown.length === 0) return description;
  throw new DataDirectoryError(
    description
      ? `${path} does not know ${unknown.join(', ')}, whose records lie beside it: ` +
          `it is older than the last split or merge of shards. ${cureOf(directory)}`
      : `${path} is missing, though the records of ${unknown.join(', ')} lie beside it. ${cureOf(directory)}`,
  );
};

const cureOf = (directory: string): string =>
  `Restore it from a copy, or move ${directory} away: ` +
  'a new stream is begun then, and what was not filed is reported as a gap';

const read = async (path: string, directory: string): Promise<StreamDescription | undefined> => {
  const text = await readFile(path, 'utf8').catch(asAbsent);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Reported below, like JSON that is not a description.
  }
  if (isDescription(value)) return value;
  throw new DataDirectoryError(
    `${path} is damaged: expected the name, the creation time and the shards of the stream. ${cureOf(directory)}`,
  );
};

const isDescription = (value: unknown): value is StreamDescription => {
  const { name, createdAt, shards } = (value ?? {}) as Partial<StreamDescription>;
  return (
    typeof name === 'string' &&
    Number.isSafeInteger(createdAt) &&
    Array.isArray(shards) &&
    shards.length > 0 &&
    shards.every(isShard)
  );
};

const isShard = (value: unknown): boolean => {
  const { id, startHash, endHash, parents = [] } = (value ?? {}) as Partial<ShardDescription>;
  return (
    /^shardId-\d{12}$/.test(String(id)) &&
    [startHash, endHash].every(hash => /^\d{1,39}$/.test(String(hash))) &&
    Array.isArray(parents) &&
    parents.every(parent => typeof parent === 'string')
  );
};

/** A split that was cut short may have left a folder without records; that is not a loss. */
const shardsWithRecords = async (directory: string): Promise<string[]> => {
  const shards: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.startsWith('shardId-')) continue;
    const names = (await readdir(join(directory, entry.name))).filter(isSegmentName);
    const sizes = await Promise.all(
      names.map(async name => (await stat(join(directory, entry.name, name))).size),
    );
    if (sizes.some(size => size > 0)) shards.push(entry.name);
  }
  return shards;
};

/** The description of a stream that begins, with its hash keys divided equally between the shards. */
export const newStreamDescription = (name: string, shards: number, createdAt: number): StreamDescription => ({
  name,
  createdAt,
  shards: equalRanges(shards).map((range, i) => describeShard(shardId(i), range)),
});

/** What DescribeStreamSummary answers. */
export const describeSummary = (
  stream: { streamName: string; arn: string; createdAt: number },
  openShards: number,
): DescribeStreamSummaryCommandOutput => ({
  $metadata: { httpStatusCode: 200 },
  StreamDescriptionSummary: {
    StreamName: stream.streamName,
    StreamARN: stream.arn,
    StreamStatus: 'ACTIVE',
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: new Date(stream.createdAt),
    EnhancedMonitoring: [],
    OpenShardCount: openShards,
  },
});
