/**
 * Copies the records of the stream that are not filed yet. Segments are appended to while they are read, and
 * deleted once they are filed and a day old: if that overtakes the copy of the watermarks, the copy starts
 * over.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { streamId } from '#domain/archive/layout.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { asAbsent } from '#embedded/files.ts';
import { decodeFrame, hasFrameBehind } from '#embedded/stream/frame.ts';
import { isSegmentName } from '#embedded/stream/segment.ts';
import { readStreamDescription } from '#embedded/stream/stream-description.ts';
import type { Copier } from './copier.ts';
import { entriesIn, filesBelow, type SourcePath } from './source.ts';

/** The segments of each shard, the oldest first. */
export type Segments = ReadonlyMap<string, readonly string[]>;

export const listSegments = async (root: string): Promise<Segments> => {
  const segments = new Map<string, string[]>();
  for (const entry of await entriesIn(root, 'stream'))
    if (entry.isDirectory())
      segments.set(
        entry.name,
        (await entriesIn(root, join('stream', entry.name))).map(({ name }) => name).filter(isSegmentName),
      );
  return segments;
};

/** Undefined if there is no stream. */
export const streamIdIn = async (root: string): Promise<string | undefined> => {
  const description = await readStreamDescription(join(root, 'stream')).catch(asAbsent);
  return description && streamId(description.name, instantOfMilliseconds(description.createdAt));
};

/** The segments that may hold records after a sequence number. */
export const segmentsAfter = (names: readonly string[], filed: bigint): readonly string[] => {
  const start = names.findLastIndex(name => BigInt(name.slice(0, 20)) <= filed + 1n);
  return names.slice(Math.max(start, 0));
};

export type StreamCopy = {
  root: string;
  copier: Copier;
  /** The segments that existed before the watermarks were copied. */
  before: Segments;
  /** How far each shard is filed by the copied watermarks. */
  filed: ReadonlyMap<string, bigint>;
};

/** False if a segment that the copied watermarks need was deleted. */
export const copyStream = async ({ root, copier, before, filed }: StreamCopy): Promise<boolean> => {
  const now = await listSegments(root);
  for (const shard of new Set([...before.keys(), ...now.keys()])) {
    const [earlier, present] = [before.get(shard) ?? [], now.get(shard) ?? []];
    const upTo = filed.get(shard) ?? 0n;
    if (segmentsAfter(earlier, upTo).some(name => !present.includes(name))) return false;
    const needed = segmentsAfter(present, upTo).map(name => join('stream', shard, name));
    const last = needed.at(-1);
    if ((await copier.copyAll(needed.slice(0, -1))).length > 0) return false;
    if (last !== undefined && !(await copyGrowing(root, copier, last))) return false;
  }
  // After its records: it knows every shard of theirs.
  await copier.copyBelow('stream/stream.json');
  return true;
};

const attempts = 5;

/** Copies the whole records of a segment that is being written. */
const copyGrowing = async (root: string, copier: Copier, path: SourcePath): Promise<boolean> => {
  const full = join(root, path);
  for (let attempt = 1; ; attempt++) {
    const content = await readFile(full).catch(asAbsent);
    if (content === undefined) return false;
    const { end, isDamaged } = wholeRecords(content, BigInt(path.slice(-24, -4)));
    // A write that failed is cut off and written over: read meanwhile, it looks like damage. If it stays,
    // the start of the copy reports it as the start of the original would.
    if (isDamaged && attempt < attempts) continue;
    const kept = isDamaged ? content : content.subarray(0, end);
    await copier.addBytes(path, kept, Number((await stat(full).catch(asAbsent))?.mtimeMs ?? Date.now()));
    return true;
  }
};

const wholeRecords = (content: Buffer, first: bigint): { end: number; isDamaged: boolean } => {
  let end = 0;
  let last = first - 1n;
  for (let frame = decodeFrame(content, 0); frame; frame = decodeFrame(content, end)) {
    end = frame.next;
    last = frame.record.sequence;
  }
  return { end, isDamaged: hasFrameBehind(content, end, last) };
};

/** How far each segment was acknowledged: copied before the records, which then reach as far or further. */
export const copyAcknowledged = async (root: string, copier: Copier): Promise<void> => {
  for await (const path of filesBelow(root, 'acknowledged')) {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const content = await readFile(join(root, path)).catch(asAbsent);
      // It is written in place.
      if (content === undefined || (!/^\d{20}\n$/.test(content.toString('latin1')) && attempt < attempts))
        continue;
      await copier.addBytes(path, content, Date.now());
      break;
    }
  }
};
