/** A log of rows as archive files them, what browse shows of it, and what an export of it would hold. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { LedgerDays } from '#aws/ledger-days.ts';
import { LedgerRows } from '#aws/ledger-rows.ts';
import { SegmentDays } from '#aws/segment-days.ts';
import { SegmentRows } from '#aws/segment-rows.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import type { SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import { allBuckets, bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { exportedColumns } from '#domain/archive/columns.ts';
import type { Gap } from '#domain/archive/gap.ts';
import { laneOf, lateBefore } from '#domain/archive/lane.ts';
import { objectKey, watermarkKey } from '#domain/archive/layout.ts';
import { compareAbsentLast } from '#domain/compact/row-order.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { parseCsvLine, printCsvLine } from '#domain/export/csv-line.ts';
import { ExportFile } from '#domain/export/file.ts';
import { outputHeader } from '#domain/export/statement.ts';
import { type Cells, matcherOf } from '#domain/filter/filter.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { dateOf, type Instant } from '#domain/time.ts';
import { browse } from '#functions/browse.ts';
import type { BrowseApiWorld } from '#functions/http/browse.ts';
import type { Log } from '#functions/runtime/log.ts';
import { BadSegments } from '#functions/workflows/bad-segments.ts';
import { type CompactWorld, inThisThread } from '#functions/workflows/compact-world.ts';
import { filed, rowText } from '#test/support/builders.ts';
import { compactWorld, noPlaces, type Places, shard, stream } from '#test/support/compact-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

export const buckets = 4;

/** An event that is filed; a scope of undefined is none. */
export type Delivery = {
  id: string;
  occurredAt: Instant;
  filedAt: Instant;
  scope?: string | undefined;
  change?: Record<string, unknown>;
};

export const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

const lineOf = ({ id, occurredAt, scope, change }: Delivery): string =>
  rowText(id, occurredAt, {
    scope: scope === undefined ? undefined : { id: scope, type: 'account' },
    ...change,
  });

export const cellsOf = (delivery: Delivery): Cells =>
  JSON.parse(filed(lineOf(delivery), delivery.filedAt).toString()) as Cells;

const bucketOfDelivery = ({ scope }: Delivery): number => bucketOf(scope ?? 'c-1', buckets);

/** The rows of an export's file, by the statement's order and the rule of copies. */
export const exportOf = (
  deliveries: readonly Delivery[],
  isRead: (cells: Cells) => boolean,
  isKept: (cells: Cells) => boolean = () => true,
): Record<string, string | null>[] => {
  const rows = deliveries.map(cellsOf).filter(isRead);
  const text = (cell: unknown): string => String(cell ?? '');
  rows.sort(
    (a, b) =>
      Buffer.compare(Buffer.from(text(a.occurred_at)), Buffer.from(text(b.occurred_at))) ||
      Buffer.compare(Buffer.from(text(a.id)), Buffer.from(text(b.id))) ||
      compareAbsentLast(a.scope_id as string | undefined, b.scope_id as string | undefined) ||
      Buffer.compare(Buffer.from(text(a.filed_at)), Buffer.from(text(b.filed_at))) ||
      Buffer.compare(Buffer.from(text(a.content_sha256)), Buffer.from(text(b.content_sha256))),
  );
  const cell = (value: unknown): string | null => (value === undefined ? null : String(value));
  const file = new ExportFile();
  // The bytes may be used only until more are pushed.
  const push = (line: string): Buffer => Buffer.from(file.push(Buffer.from(line)));
  const csv = [
    push(printCsvLine([...outputHeader])),
    ...rows.map(row =>
      push(
        printCsvLine([
          ...['occurred_at', 'id', 'filed_at', 'content_sha256'].map(name => cell(row[name])),
          isKept(row) ? '1' : '0',
          cell(row.scope_id),
          cell(row.warnings),
          ...exportedColumns.map(({ name }) => cell(row[name])),
        ]),
      ),
    ),
  ];
  file.end();
  const lines = Buffer.concat(csv).toString().split('\n').slice(1, -1);
  return lines.map(line => {
    const cells = parseCsvLine(line);
    return Object.fromEntries(exportedColumns.map(({ name }, at) => [name, cells[at]!]));
  });
};

const compactedAtMs = Date.parse('2027-06-01T00:00:00Z');

export type Asked = Record<string, unknown>;
export const operator = { iam: { userArn: 'arn:aws:iam::1:role/operator' } };
export const admin = (scope: string, sub = 'u-1') => ({ jwt: { claims: { sub, org: scope } } });

export const openBrowseWorld = async (change: Partial<BrowseApiWorld> = {}) => {
  const places = noPlaces();
  const got: string[] = [];
  const open = (name: keyof Places) =>
    memoryBucket(name, places[name], (when, operation, key) => {
      if (when === 'before' && operation === 'GetObjectCommand') got.push(key);
    }).objects;
  const ledger = open('ledger');
  const state = open('state');
  const gaps: Gap[] = [];
  const counted: Record<string, number> = {};
  const log: Log = (_, message, facts) => void said.push({ message, ...facts });
  const audited: SelfAuditEvent[] = [];
  const said: Record<string, unknown>[] = [];
  const world: BrowseApiWorld = {
    buckets,
    days: new LedgerDays(ledger),
    rows: new LedgerRows(ledger),
    segmentDays: new SegmentDays(new Compactions(state), error => void said.push({ message: error.message })),
    segmentRows: new SegmentRows(open('views'), 5000),
    badSegments: new BadSegments(log, values => {
      for (const [name, value] of Object.entries(values)) counted[name] = (counted[name] ?? 0) + value;
    }),
    leastRecentObjects: 1,
    watermarks: new Watermarks(state),
    gaps: { of: async () => gaps },
    budget: { milliseconds: 1000, bytesRead: 1e9 },
    nowMs: () => 0,
    log,
    catalogue: { currentForm: () => undefined },
    selfAudit: { record: async event => void audited.push(event) },
    adminDirectory: { isAdmin: async () => true },
    callers: {
      operatorRoles: [operator.iam.userArn],
      supportRoles: ['arn:aws:iam::1:role/s'],
      scopeClaim: 'org',
    },
    ...change,
  };
  let sequence = 0;
  /** Files rows, in objects by lane, bucket and day, and moves the watermarks to `upTo`. */
  const file = async (deliveries: readonly Delivery[], upTo: Instant): Promise<void> => {
    const objects = new Map<string, Delivery[]>();
    for (const delivery of deliveries) {
      const lane = laneOf(delivery.occurredAt, lateBefore(delivery.filedAt));
      const id = `${lane} ${bucketOfDelivery(delivery)} ${dateOf(delivery.filedAt)}`;
      objects.set(id, [...(objects.get(id) ?? []), delivery]);
    }
    for (const [id, rows] of objects) {
      const [lane, bucket] = id.split(' ') as ['ontime' | 'late', string];
      const sorted = rows.sort((a, b) => (a.filedAt < b.filedAt ? -1 : 1));
      const text = Buffer.concat(sorted.map(row => filed(lineOf(row), row.filedAt)));
      const key = objectKey({
        lane,
        bucket: Number(bucket),
        firstFiledAt: sorted[0]!.filedAt,
        stream,
        shard,
        firstSequence: String(++sequence),
        lastSequence: String(sequence),
        textSha256: createHash('sha256').update(text).digest('hex'),
      });
      expect(places.ledger.has(key)).toBe(false);
      places.ledger.set(key, { bytes: gzipSync(text), etag: `"${key}"` });
    }
    const filed_to = Object.fromEntries(allBuckets(buckets).map(bucket => [bucketName(bucket), upTo]));
    places.state.set(watermarkKey(stream, shard), {
      bytes: Buffer.from(JSON.stringify({ sequence: String(sequence), filed: filed_to })),
      etag: `"${upTo}"`,
    });
  };
  /** Compacts the days before that of the watermark. */
  const compact = async (): Promise<void> => {
    const compacting = compactWorld({ places, buckets, maker: inThisThread(new SegmentMaker(buckets, 3)) });
    compacting.clock.nowMs = compactedAtMs;
    await compacting.settle();
  };
  /** Makes segments of what is filed of days that are not compacted, and compacts none. */
  const compactRecently = async (change: Partial<CompactWorld> = {}): Promise<void> => {
    const { run, clock, logged } = compactWorld({
      places,
      buckets,
      maker: inThisThread(new SegmentMaker(buckets, 3)),
      leastRecentObjects: 2,
      ...change,
    });
    clock.nowMs = compactedAtMs;
    await run();
    // Segments that a test has damaged are reported; no bucket may stop.
    expect(logged.filter(({ message }) => message === 'A bucket could not be compacted')).toEqual([]);
  };
  const call = async (routeKey: string, asked: Asked, authorizer: object = operator) => {
    const { statusCode, body } = await browse(world)({
      routeKey,
      headers: {},
      isBase64Encoded: false,
      ...(routeKey.startsWith('POST')
        ? { body: JSON.stringify(asked) }
        : {
            queryStringParameters: Object.fromEntries(
              Object.entries(asked).map(([name, value]) => [name, String(value)]),
            ),
          }),
      requestContext: { requestId: 'r', http: { sourceIp: '192.0.2.1' }, authorizer },
    });
    return { status: statusCode, json: JSON.parse(body) as Api<'Events'> & Record<string, unknown> };
  };
  /** One page; it must be one. */
  const page = async (asked: Asked) => {
    const { status, json } = await call('POST /v1/events/search', asked);
    expect(json, JSON.stringify(json)).toHaveProperty('events');
    expect(status).toBe(200);
    return json;
  };
  /** All pages, and what may be done between them. */
  const pages = async (asked: Asked, between: () => Promise<void> = async () => undefined) => {
    const found = [await page(asked)];
    for (let cursor = found[0]!.cursor; cursor !== null; cursor = found.at(-1)!.cursor) {
      await between();
      found.push(await page({ ...asked, cursor }));
      expect(found.length).toBeLessThan(1000);
    }
    return found;
  };
  return {
    world,
    places,
    ledger,
    got,
    gaps,
    audited,
    said,
    counted,
    file,
    compact,
    compactRecently,
    call,
    page,
    pages,
  };
};

/** A matcher of a filter in the form of a request. */
export const matching = (filter: Parameters<typeof matcherOf>[0]): ((cells: Cells) => boolean) =>
  matcherOf(
    filter,
    exportedColumns.map(({ name }) => name),
  );
