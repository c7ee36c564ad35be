/** A log of rows as archive files them, what browse shows of it, and what an export of it would hold. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { LedgerDays } from '#aws/ledger-days.ts';
import { LedgerRows } from '#aws/ledger-rows.ts';
import type { Objects } from '#aws/objects.ts';
import type { SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import { allBuckets, bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { exportedColumns } from '#domain/archive/columns.ts';
import type { Gap } from '#domain/archive/gap.ts';
import { laneOf, lateBefore } from '#domain/archive/lane.ts';
import { objectKey } from '#domain/archive/layout.ts';
import type { Watermark } from '#domain/archive/watermark.ts';
import { type Cells, matcherOf } from '#domain/browse/filter.ts';
import { compareAbsentLast } from '#domain/compact/row-order.ts';
import { parseCsvLine, printCsvLine } from '#domain/export/csv-line.ts';
import { ExportFile } from '#domain/export/file.ts';
import { outputHeader } from '#domain/export/statement.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { dateOf, type Instant } from '#domain/time.ts';
import { browse } from '#functions/browse.ts';
import type { BrowseApiWorld } from '#functions/http/browse.ts';
import { filed, rowText } from '#test/support/builders.ts';

export const buckets = 4;
export const stream = 'annals@2026-01-01T00:00:00.000000000Z';

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
  const csv = [
    file.push(Buffer.from(printCsvLine([...outputHeader]))),
    ...rows.map(row =>
      file.push(
        Buffer.from(
          printCsvLine([
            ...['occurred_at', 'id', 'filed_at', 'content_sha256'].map(name => cell(row[name])),
            isKept(row) ? '1' : '0',
            cell(row.scope_id),
            cell(row.warnings),
            ...exportedColumns.map(({ name }) => cell(row[name])),
          ]),
        ),
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

const watermarkOf = (upTo: Instant): Watermark => ({
  sequence: '1',
  filed: Object.fromEntries(allBuckets(buckets).map(bucket => [bucketName(bucket), upTo])),
});

/** A ledger in memory; `got` are the keys that were read. */
const memoryLedger = () => {
  const objects = new Map<string, Buffer>();
  const got: string[] = [];
  const ledger: Pick<Objects, 'list' | 'get' | 'placeOf'> = {
    async *list(prefix, startAfter = '') {
      for (const key of [...objects.keys()].sort())
        if (key.startsWith(prefix) && key > startAfter)
          yield { key, bytes: objects.get(key)!.length, etag: '"e"', writtenAt: new Date(0) };
    },
    async get(key) {
      got.push(key);
      const bytes = objects.get(key);
      return bytes && { bytes, etag: '"e"', place: key, writtenAt: new Date(0) };
    },
    placeOf: key => key,
  };
  const put = (key: string, bytes: Buffer): void => {
    expect(objects.has(key)).toBe(false);
    objects.set(key, bytes);
  };
  return { ledger, put, got };
};

export type Asked = Record<string, unknown>;
export const operator = { iam: { userArn: 'arn:aws:iam::1:role/operator' } };
export const admin = (scope: string, sub = 'u-1') => ({ jwt: { claims: { sub, org: scope } } });

export const openBrowseWorld = async (change: Partial<BrowseApiWorld> = {}) => {
  const { ledger, put, got } = memoryLedger();
  let filedTo: Instant | undefined;
  const gaps: Gap[] = [];
  const audited: SelfAuditEvent[] = [];
  const said: Record<string, unknown>[] = [];
  const world: BrowseApiWorld = {
    buckets,
    days: new LedgerDays(ledger),
    rows: new LedgerRows(ledger),
    watermarks: { all: async () => (filedTo === undefined ? [] : [watermarkOf(filedTo)]) },
    gaps: { of: async () => gaps },
    budget: { milliseconds: 1000, bytesRead: 1e9 },
    nowMs: () => 0,
    log: (_, message, facts) => void said.push({ message, ...facts }),
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
        shard: 'shardId-000000000000',
        firstSequence: String(++sequence),
        lastSequence: String(sequence),
        textSha256: createHash('sha256').update(text).digest('hex'),
      });
      put(key, gzipSync(text));
    }
    filedTo = upTo;
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
  return { world, ledger, got, gaps, audited, said, file, call, page, pages };
};

/** A matcher of a filter in the form of a request. */
export const matching = (filter: Parameters<typeof matcherOf>[0]): ((cells: Cells) => boolean) =>
  matcherOf(
    filter,
    exportedColumns.map(({ name }) => name),
  );
