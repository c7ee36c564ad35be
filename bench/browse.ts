/**
 * browse: looks into a log whose days are compacted, with segments in memory. The floor of a search and of counts is
 * hyparquet alone, which reads the columns that they need of the same row groups. The floor of a first page is the
 * first page of the same log without the others in its bucket.
 */
import { createHash } from 'node:crypto';
import { LedgerDays } from '#aws/ledger-days.ts';
import { LedgerRows } from '#aws/ledger-rows.ts';
import { SegmentDays } from '#aws/segment-days.ts';
import { SegmentRows } from '#aws/segment-rows.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import type { DayFacts, SegmentFacts } from '#domain/compact/facts.ts';
import { orderOf, readFiledLine } from '#domain/compact/filed-line.ts';
import { leastObjects } from '#domain/compact/recent.ts';
import {
  arrange,
  readGroups,
  type SegmentRow,
  sourceOf,
  writeSegment,
} from '#domain/compact/segment-file.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { browse } from '#functions/browse.ts';
import type { BrowseApiWorld } from '#functions/http/browse.ts';
import { BadSegments } from '#functions/workflows/bad-segments.ts';
import type { Figure, Heading } from './figure.ts';
import { FiledRows } from './filed-rows.ts';
import { compare } from './measure.ts';

export type BrowseBenchResult = {
  what: string;
  seconds: number;
  floorSeconds: number;
  aim: number;
  rows: number;
};

export const browseHeading: Heading = {
  name: 'browse',
  measures: 'seconds from the request to the answer, over segments in memory',
  floor: 'of a first page, the same without others in the bucket; of the rest, hyparquet reading the columns',
};
export const browseFigure = ({ what, seconds, floorSeconds, aim, rows }: BrowseBenchResult): Figure => ({
  what,
  value: seconds,
  floor: floorSeconds,
  unit: 's',
  better: 'less',
  aim,
  note: `${rows.toLocaleString('en-US')} events of the scope`,
});

const buckets = 1;
const rowsOfSegment = 50_000;
const firstMs = Date.parse('2026-03-02T00:00:00Z');
const date = '2026-03-02';
const role = 'arn:aws:iam::1:role/operator';

const timesOf = (least: Instant, greatest: Instant) => ({
  first_occurred_at: least,
  last_occurred_at: greatest,
  least_occurred_at: least,
  greatest_occurred_at: greatest,
});

type Log = {
  /** Of the scope. */
  events: number;
  /** For each event of the scope, so many of each other scope: one event of each of these. */
  others: number;
  /** Only the newest segments exist; the others are known by their facts alone, and a page that reads one fails. */
  newest?: number;
};

/** A bucket with one compacted day; its rows are a scope's and its neighbours', in turn and evenly over the day. */
const logOf = ({ events, others, newest = Number.POSITIVE_INFINITY }: Log) => {
  const scopes = ['acme', ...Array.from({ length: others }, (_, n) => `other-${n + 1}`)];
  const filed = new FiledRows(scopes);
  const all = events * scopes.length;
  const step = (86_400_000 - 60_000) / all;
  const timeOf = (n: number): number => firstMs + Math.floor(n * step);
  const rowOf = (n: number): SegmentRow => {
    const line = filed.line(n, timeOf(n)).subarray(0, -1);
    const read = readFiledLine(line);
    if ('fault' in read) throw new Error(read.fault);
    return { ...orderOf(read.cells), line };
  };
  const views = new Map<string, Buffer>();
  const segments: SegmentFacts[] = [];
  let made: ReturnType<typeof writeSegment> | undefined;
  for (let at = 0; at < all; at += rowsOfSegment) {
    const key = `segments/lane=ontime/bucket=00/date=${date}/${segments.length}-00000000.parquet`;
    const rows = Math.min(rowsOfSegment, all - at);
    const isMade = !made || all - at <= newest * rowsOfSegment;
    if (isMade) {
      made = writeSegment(arrange(Array.from({ length: rows }, (_, n) => rowOf(at + n))));
      views.set(key, made.bytes);
    }
    const { bytes, groups } = made!;
    const [first, last] = [instantOfMilliseconds(timeOf(at)), instantOfMilliseconds(timeOf(at + rows - 1))];
    segments.push({
      key,
      bytes: bytes.length,
      etag: '"1"',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      rows,
      text_bytes: groups.reduce((sum, { text_bytes }) => sum + text_bytes, 0),
      first_filed_at: first,
      last_filed_at: instantOfMilliseconds(timeOf(at + rows - 1) + 501),
      groups: isMade ? groups : groups.map(group => ({ ...group, ...timesOf(first, last) })),
    });
  }
  const lane = { objects: 0, keys_sha256: '', rows: all, text_bytes: 0, rows_sum: '', segments };
  const day: DayFacts = { date, lanes: { ontime: lane } };
  const listed = {
    async *list(prefix: string) {
      if (prefix === 'events/lane=ontime/bucket=00/date=')
        yield { key: `${prefix}${date}/${firstName}`, bytes: 1, etag: '', writtenAt: new Date(0) };
    },
  };
  const world: BrowseApiWorld = {
    buckets,
    days: new LedgerDays(listed),
    rows: new LedgerRows({ get: async () => undefined, placeOf: key => key }),
    segmentDays: new SegmentDays(
      {
        get: async bucket => ({ record: { format: 1, bucket, compacted_to: '2026-03-10' }, etag: '"1"' }),
        month: async (bucket, month) => ({
          record: { format: 1, bucket, month, days: month === date.slice(0, 7) ? [day] : [] },
          etag: '"1"',
        }),
        firstMonth: async () => date.slice(0, 7),
        recent: async () => ({ record: undefined, etag: undefined }),
      },
      error => {
        throw error;
      },
    ),
    segmentRows: new SegmentRows({
      get: async key => ({ bytes: views.get(key)!, etag: '"1"', place: key, writtenAt: new Date(0) }),
      range: async (key, { start, end }) => {
        const bytes = views.get(key)!;
        return { bytes: bytes.subarray(start, end), size: bytes.length };
      },
    }),
    badSegments: new BadSegments(
      () => undefined,
      () => undefined,
    ),
    leastRecentObjects: leastObjects,
    watermarks: { all: async () => [{ sequence: '1', filed: { '00': '2026-03-12T00:00:00.000000000Z' } }] },
    gaps: { of: async () => [] },
    budget: { milliseconds: 600_000, bytesRead: 1e12 },
    nowMs: Date.now,
    log: () => undefined,
    catalogue: { currentForm: () => undefined },
    selfAudit: { record: async () => undefined },
    adminDirectory: { isAdmin: async () => true },
    callers: { operatorRoles: [role], supportRoles: [], scopeClaim: undefined },
  };
  const ask = async (routeKey: string, query: Record<string, string>): Promise<Record<string, unknown>> => {
    const { statusCode, body } = await browse(world)({
      routeKey,
      headers: {},
      isBase64Encoded: false,
      queryStringParameters: { scope_id: 'acme', ...query },
      requestContext: { requestId: 'r', http: { sourceIp: '' }, authorizer: { iam: { userArn: role } } },
    });
    if (statusCode !== 200) throw new Error(`The answer is ${statusCode}: ${body}`);
    return JSON.parse(body) as Record<string, unknown>;
  };
  /** All pages; the time of a call does not end them. */
  const askAll = async (routeKey: string, query: Record<string, string>): Promise<void> => {
    for (let cursor: unknown; cursor !== null; )
      ({ cursor } = await ask(routeKey, {
        ...query,
        ...(cursor === undefined ? {} : { cursor: String(cursor) }),
      }));
  };
  const readColumns = async (columns: readonly string[]): Promise<void> => {
    for (const bytes of views.values()) for await (const _ of readGroups(sourceOf(bytes), { columns }));
  };
  return { ask, askAll, readColumns };
};

const firstName = `2026-03-02T000000.000000000Z-00000000-s-1-1-${'0'.repeat(32)}.json.gz`;
const keyColumns = ['scope_id', 'occurred_at', 'id', 'filed_at', 'content_sha256'];
const rounds = 5;

export const benchBrowse = async (
  say: (text: string) => void,
  rows: number,
  add: (result: BrowseBenchResult) => void,
): Promise<void> => {
  if (bucketOf('acme', buckets) !== 0) throw new Error('The scope is not in the bucket');
  const events = Math.ceil(rows / 10);
  const measure = async (
    what: string,
    scopeEvents: number,
    aim: number,
    run: () => unknown,
    floor: () => unknown,
  ) => {
    say(`browse: ${what}`);
    const { medianMs, floorMs } = await compare(
      { name: what, run },
      { name: 'floor', run: floor },
      rounds,
      1,
    );
    add({ what, seconds: medianMs / 1000, floorSeconds: floorMs / 1000, aim, rows: scopeEvents });
  };
  say('browse: writing segments');
  const page = { limit: '50' };
  for (const others of [20, 100]) {
    const among = logOf({ events, others, newest: 4 });
    const alone = logOf({ events, others: 0, newest: 4 });
    await measure(
      `first page among ${others} others`,
      events,
      1.3,
      () => among.ask('GET /v1/events', page),
      () => alone.ask('GET /v1/events', page),
    );
  }
  const large = logOf({ events, others: 0 });
  const rare = { actor: 'u-9e3779b1', id: '9e*' };
  await measure(
    'a rare filter',
    events,
    3,
    () => large.askAll('GET /v1/events', { ...rare, limit: '1000' }),
    () => large.readColumns([...keyColumns, 'actor_id']),
  );
  await measure(
    'histogram',
    events,
    3,
    () => large.askAll('GET /v1/events/histogram', { interval: '1h' }),
    () => large.readColumns([...keyColumns, 'success']),
  );
};
