/**
 * Makes a backup of a data directory, whether its server runs or not. The order of the steps makes it
 * consistent: records, watermarks, what records name, the ledger, the stream. So no record names what the
 * backup lacks, every row below a copied watermark is in the copied ledger, and every record above it in the
 * copied stream, which is filed again at the same instants after a restore.
 */
import { readFile } from 'node:fs/promises';
import { allBuckets } from '#domain/archive/bucket.ts';
import { watermarkOfKey, watermarkPrefix } from '#domain/archive/layout.ts';
import { completeTo, isWatermark, type Watermark } from '#domain/archive/watermark.ts';
import { names } from '#embedded/options.ts';
import { Copier } from './copier.ts';
import { copyLedger, copyLedgerAhead } from './copy-ledger.ts';
import { copyRecords, copyTheRest, copyWhatStateNames, watermarks } from './copy-state.ts';
import { copyAcknowledged, copyStream, listSegments, streamIdIn } from './copy-stream.ts';
import { type LedgerLoss, lostSince } from './lost-since.ts';
import type { Manifest, ManifestHead } from './manifest.ts';
import { bucketPath } from './source.ts';
import type { BackupStore } from './store.ts';

export type BackupWorld = {
  /** The data directory. */
  root: string;
  store: BackupStore;
  buckets: number;
  version: string;
  nowMs(): number;
  onFile(files: number): void;
  /** For tests: called between the steps. */
  step?: ((name: string) => Promise<void> | void) | undefined;
};

export type MadeBackup = { head: ManifestHead; files: number; bytes: number; loss: LedgerLoss };

/** Each time the server has filed and deleted a day's records meanwhile. */
const attempts = 5;

export const makeBackup = async (world: BackupWorld): Promise<MadeBackup> => {
  const { root, store, onFile, step = () => undefined } = world;
  const earlier = await newestManifest(store);
  const copier = new Copier(root, store, earlier?.files ?? [], onFile);
  await copyLedgerAhead(copier);
  for (let attempt = 1; attempt <= attempts; attempt++) {
    copier.startOver();
    const stateAsOf = world.nowMs();
    await copyRecords(root, copier);
    await step('records');
    const before = await listSegments(root);
    const stream = await streamIdIn(root);
    await copier.copyBelow(watermarks);
    await copier.copyBelow('checkpoints');
    const filed = await copiedWatermarks(store, copier);
    await step('watermarks');
    await copyWhatStateNames(root, copier);
    await step('what records name');
    const lostFolds = await copyLedger(root, copier);
    await step('ledger');
    await copyAcknowledged(root, copier);
    const acknowledgedTo = world.nowMs();
    const ofStream = filed.filter(one => one.stream === stream);
    const filedTo = new Map(ofStream.map(({ shard, watermark }) => [shard, BigInt(watermark.sequence)]));
    if (!(await copyStream({ root, copier, before, filed: filedTo }))) continue;
    await copyTheRest(root, copier);
    await step('stream');
    const all = filed.map(({ watermark }) => watermark);
    const files = [...copier.files.values()];
    const loss = await lostSince(root, earlier, copier.files, lostFolds);
    const keeps = [...new Set([...(earlier?.head.keeps ?? []), ...(loss.backup ? [loss.backup] : [])])];
    const head: ManifestHead = {
      format: 1,
      name: nameOf(stateAsOf, await store.names()),
      installation: store.installation,
      version: world.version,
      state_as_of: new Date(stateAsOf).toISOString(),
      acknowledged_to: new Date(acknowledgedTo).toISOString(),
      complete_to: completeTo(all, allBuckets(world.buckets)) ?? null,
      ...(keeps.length > 0 ? { keeps } : {}),
    };
    await store.commit({ head, files });
    return { head, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), loss };
  }
  throw new Error('The stream was filed and deleted each time that it was copied; try again');
};

/** A damaged one holds nothing that can be used: everything is copied again. */
const newestManifest = async (store: BackupStore): Promise<Manifest | undefined> => {
  for (const name of (await store.names()).reverse())
    try {
      return await store.manifest(name);
    } catch (error) {
      if ((error as Error).name !== 'ManifestError') throw error;
    }
  return undefined;
};

/** Names sort by time, also if the clock was set back. */
const nameOf = (atMs: number, known: readonly string[]): string => {
  const last = known.at(-1);
  const print = (ms: number): string => new Date(ms).toISOString().replaceAll(/[:.]/g, '-');
  const name = print(atMs);
  if (last === undefined || name > last) return name;
  const [, date, hours, minutes, seconds, thousandths] = /^(.*)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z$/.exec(last)!;
  return print(Date.parse(`${date}T${hours}:${minutes}:${seconds}.${thousandths}Z`) + 1);
};

type FiledShard = { stream: string; shard: string; watermark: Watermark };

/** A damaged watermark counts for nothing: all records of its shard are copied. */
const copiedWatermarks = async (store: BackupStore, copier: Copier): Promise<FiledShard[]> => {
  const found: FiledShard[] = [];
  for (const { path, sha256 } of copier.files.values()) {
    const whose = path.startsWith(bucketPath(names.state, watermarkPrefix))
      ? watermarkOfKey(path.slice(bucketPath(names.state).length + 1))
      : undefined;
    if (!whose) continue;
    const watermark = parse((await readFile(store.pathOf(sha256))).toString());
    if (watermark) found.push({ ...whose, watermark });
  }
  return found;
};

const parse = (text: string): Watermark | undefined => {
  try {
    const value = JSON.parse(text) as Watermark;
    return isWatermark(value) ? value : undefined;
  } catch {
    // A verdict: the start of the server reports it with its file.
    return undefined;
  }
};
