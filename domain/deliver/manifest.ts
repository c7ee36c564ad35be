/**
 * The manifest of a run: what was in its window and what of it was handed over, as one line of JSON. Each has the
 * SHA-256 of the one before, so that a missing or an exchanged one shows. It is not signed yet: an installation has
 * no key to sign with until the ledger is sealed.
 */
import { createHash } from 'node:crypto';
import type { Instant } from '#domain/time.ts';
import { type DeliveryPlace, partKey } from './layout.ts';
import type { UndeliveredEvent } from './progress.ts';
import type { FrozenRun } from './run.ts';

export const manifestFormat = 'annals.delivery.manifest.v1';

/** Most gaps that are named and have not ended; others are named once some have. The count is of all. */
const maxNamed = 1000;

export type ManifestFacts = {
  place: DeliveryPlace;
  run: FrozenRun;
  /** The causes of open gaps that may hide rows of the scope; and those that were named before, see `namedGaps`. */
  gaps: { open: readonly string[]; before: readonly string[] };
  /** The first that were refused alone, and how many were. */
  undelivered: readonly UndeliveredEvent[];
  undeliveredCount: number;
  /** Events that went with the time of their delivery, see `sender.ts`. */
  retimed: number;
  /** SHA-256 of the text of the manifest before, in hex; null for the first. */
  previous: string | null;
  /** When the installation was restored from a copy, see `run.ts`. */
  restored?: string | undefined;
  at: Instant;
};

/** The text of the manifest, with a newline. */
export const printManifest = (facts: ManifestFacts): string => {
  const { place, run, gaps, undelivered, undeliveredCount, retimed, previous, restored, at } = facts;
  const open = new Set(gaps.open.map(nameOfGap));
  const before = new Set(gaps.before.map(asNameOfGap));
  const ended = [...before].filter(name => !open.has(name));
  const room = Math.max(0, maxNamed - (before.size - ended.length));
  const found = [...open].filter(name => !before.has(name)).slice(0, room);
  return `${JSON.stringify({
    format: manifestFormat,
    installation: place.installation,
    scope_id: place.scopeId,
    delivery_id: place.id,
    incarnation: place.incarnation,
    run: run.run,
    cause: run.cause,
    filed_from: run.from,
    filed_to: run.to,
    read: run.read,
    rows: run.rows,
    filtered: run.filtered,
    dropped: run.dropped,
    undelivered: undeliveredCount,
    undelivered_events: undelivered.map(({ id, occurred_at, code, status }) => ({
      id,
      occurred_at,
      code,
      status,
    })),
    retimed,
    form: `${run.form.format}/${run.form.version}`,
    filter: run.filter ?? null,
    parts: run.parts.map(({ rows, text_bytes, sha256 }, at) => ({
      key: partKey({ kind: 'rows', run: run.run, end: run.to, part: at + 1, restored: run.restored }),
      rows,
      text_bytes,
      sha256,
    })),
    gaps: { open: open.size, found, ended },
    ...(run.stopped === undefined ? {} : { stopped: run.stopped }),
    previous_sha256: previous,
    ...(restored === undefined ? {} : { restored }),
    made_at: at,
  })}\n`;
};

/** A cause is a key of ours, which says where others' records are: the customer gets its hash. */
const nameOfGap = (cause: string): string => createHash('sha256').update(cause).digest('hex').slice(0, 32);

/** Earlier releases stored causes. */
const asNameOfGap = (stored: string): string => (/^[0-9a-f]{32}$/.test(stored) ? stored : nameOfGap(stored));

/**
 * The gaps that were named and not said to have ended, after this manifest. It may have been made at an earlier try,
 * when other gaps were open: what it does not say, the next one does.
 */
export const namedGaps = (manifest: Buffer, before: readonly string[]): string[] => {
  const { gaps } = JSON.parse(manifest.toString()) as { gaps: { found: string[]; ended: string[] } };
  const ended = new Set(gaps.ended);
  return [...new Set([...before.map(asNameOfGap), ...gaps.found])].filter(name => !ended.has(name));
};

export const manifestSha256 = (text: string | Buffer): string =>
  createHash('sha256').update(text).digest('hex');
