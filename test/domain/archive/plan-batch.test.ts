import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketName, bucketOf, partitionKey, refusedPartitionKey } from '#domain/archive/bucket.ts';
import { laneOf, lateBefore } from '#domain/archive/lane.ts';
import { parseQuarantineKey } from '#domain/archive/layout.ts';
import { encodePacks, heartbeat } from '#domain/archive/pack.ts';
import { type ArrivedRecord, type Batch, type BatchPlan, planBatch } from '#domain/archive/plan-batch.ts';
import { noWatermark, type Watermark } from '#domain/archive/watermark.ts';
import type { Instant } from '#domain/time.ts';
import { rowText } from '#test/support/builders.ts';

const noon = Date.parse('2026-11-23T12:00:00Z') / 1000;
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

type Row = { line: string; filedAt: Instant };
/** The rows of an object, as they are. */
class Rows {
  readonly rows: Row[] = [];
  add(line: Buffer, filedAt: Instant): void {
    this.rows.push({ line: line.toString(), filedAt });
  }
}
type Item = { name: string; data: Buffer };
type Plan = BatchPlan<Rows, Item>;

/** Items stand in their record one a line; `?` is a record that cannot be read. */
const readRefused = (data: Buffer) => {
  const names = data.toString().split('\n');
  return names.includes('?')
    ? { fault: 'It cannot be read' }
    : names.map(name => ({ name, data: Buffer.from(name) }));
};

const plan = (
  records: readonly ArrivedRecord[],
  own: Watermark = noWatermark,
  change: Partial<Batch<Rows, Item>> = {},
): Plan => {
  const steps = planBatch(records, {
    stream: 'annals@x',
    shard: 'shard-1',
    buckets: 32,
    own,
    watermarks: [own],
    filedFrom: undefined,
    maxTextBytes: 1e9,
    maxRefusedItems: 1e9,
    openText: () => new Rows(),
    readRefused,
    ...change,
  });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};

const scopes = ['acme', 'org-1', 'org-2'];
type Given = { kind: string; scope: string; ages: number[]; delay: number };
const given: fc.Arbitrary<Given[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('rows', 'rows', 'rows', 'heartbeat', 'refused', 'broken', 'unreadable', 'foreign'),
    scope: fc.constantFrom(...scopes),
    ages: fc.array(fc.constantFrom(0, 86_399, 86_400, 86_401, 200_000), { minLength: 1, maxLength: 4 }),
    delay: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Records under consecutive sequences, of which every row, line and item has a number of its own. */
const recordsOf = (batch: readonly Given[]): ArrivedRecord[] => {
  let n = 0;
  return batch.map(({ kind, scope, ages, delay }, at) => {
    const bucket = bucketOf(scope, 32);
    const rows = ages.map(age => {
      const occurredAt = new Date((noon - age) * 1000).toISOString().replace('Z', '000000Z');
      return rowText(uuid(++n), occurredAt, { scope: { id: scope, type: 't' } });
    });
    const data = {
      rows: encodePacks(rows)[0]!.data,
      heartbeat: heartbeat(),
      refused: Buffer.from(ages.map(() => `item-${++n}`).join('\n')),
      broken: encodePacks(rows.map((row, i) => (i === 0 ? `{"n":${++n}}` : row)))[0]!.data,
      unreadable: Buffer.from(`no pack ${++n}`),
      foreign: encodePacks(rows)[0]!.data,
    }[kind]!;
    const keys: Record<string, string> = { refused: refusedPartitionKey(bucket), foreign: `other=${n}` };
    return {
      sequence: String(at + 1),
      partitionKey: keys[kind] ?? partitionKey(bucket),
      arrivedAt: noon + delay,
      data: data.toString('base64'),
    };
  });
};

/** All that a plan writes, whatever the objects: each line or item with its bucket, its lane and its instant. */
const written = ({ objects, refused, quarantined }: Plan): string[] => [
  ...objects.flatMap(({ lane, bucket, text }) =>
    text.rows.map(({ line, filedAt }) => `${bucketName(bucket)} ${filedAt} ${lane} ${line}`),
  ),
  ...refused.map(({ name, place }) => `${bucketName(place.bucket)} ${place.filedAt} refused ${name}`),
  ...quarantined.map(({ key, record }) => {
    const { bucket, filedAt } = parseQuarantineKey(key)!;
    return `${bucket === undefined ? 'any' : bucketName(bucket)} ${filedAt} aside ${record.data}`;
  }),
];

describe('the plan of a batch', () => {
  it('files each row, item and broken line once, at an instant of its own in its bucket, after the watermark', () => {
    fc.assert(
      fc.property(given, batch => {
        const all = written(plan(recordsOf(batch)));
        const expected = batch.reduce(
          (sum, { kind, ages }) => sum + ({ heartbeat: 0, unreadable: 1, foreign: 1 }[kind] ?? ages.length),
          0,
        );
        expect(all).toHaveLength(expected);
        const instants = all.map(text => text.split(' ', 2).join(' ')).filter(text => !/^any/.test(text));
        expect(new Set(instants).size).toBe(instants.length);
        const { filed } = plan(recordsOf(batch)).watermark;
        for (const text of instants) expect(text.slice(3) <= filed[text.slice(0, 2)]!).toBe(true);
      }),
    );
  });

  it('puts a row into the object of its lane, its bucket and the day it is filed on', () => {
    fc.assert(
      fc.property(given, batch => {
        for (const { lane, bucket, firstFiledAt, text } of plan(recordsOf(batch)).objects) {
          expect(text.rows[0]!.filedAt).toBe(firstFiledAt);
          for (const { line, filedAt } of text.rows) {
            const row = JSON.parse(line) as { occurred_at: Instant; scope_id: string };
            expect(laneOf(row.occurred_at, lateBefore(filedAt))).toBe(lane);
            expect(bucketOf(row.scope_id, 32)).toBe(bucket);
            expect(filedAt.slice(0, 10)).toBe(firstFiledAt.slice(0, 10));
          }
        }
      }),
    );
  });

  it('is the same however the batch is cut, if each part begins at the watermark of the one before', () => {
    fc.assert(
      fc.property(given, fc.nat(12), (batch, cut) => {
        const records = recordsOf(batch);
        const whole = plan(records);
        const first = plan(records.slice(0, cut));
        const second = plan(records.slice(cut), first.watermark);
        expect([...written(first), ...written(second)].sort()).toEqual(written(whole).sort());
        expect(second.watermark).toEqual(whole.watermark);
        expect(first.rows + second.rows).toBe(whole.rows);
      }),
    );
  });

  it('leaves what has no room to the next runs, which come to the same end', () => {
    fc.assert(
      fc.property(
        given,
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 5 }),
        (batch, text, items) => {
          const records = recordsOf(batch);
          const whole = plan(records);
          const all: string[] = [];
          let watermark: Watermark = noWatermark;
          for (let left = records; left.length > 0; ) {
            const run = plan(left, watermark, { maxTextBytes: text, maxRefusedItems: items });
            all.push(...written(run));
            watermark = run.watermark;
            const at = left.findIndex(({ sequence }) => sequence === run.unread);
            expect(at).not.toBe(0);
            left = at < 0 ? [] : left.slice(at);
          }
          expect(all.sort()).toEqual(written(whole).sort());
          expect(watermark).toEqual(whole.watermark);
        },
      ),
    );
  });

  it('files nothing before the instant at which the installation begins', () => {
    const filedFrom = '2026-12-01T00:00:00.000000000Z';
    fc.assert(
      fc.property(given, batch => {
        for (const text of written(plan(recordsOf(batch), noWatermark, { filedFrom })))
          expect(text.split(' ')[1]! >= filedFrom).toBe(true);
      }),
    );
  });

  it('stops at least every 200 rows, within a large record too', () => {
    const rows = Array.from({ length: 1000 }, (_, n) =>
      rowText(uuid(n), '2026-11-23T11:00:00.000000000Z', { scope: { id: 'acme', type: 't' } }),
    );
    let rowsOfStep = 0;
    let steps = 0;
    const bucket = bucketOf('acme', 32);
    const batch = planBatch(
      [
        {
          sequence: '1',
          partitionKey: partitionKey(bucket),
          arrivedAt: noon,
          data: encodePacks(rows)[0]!.data.toString('base64'),
        },
      ],
      {
        stream: 's',
        shard: 'shard-1',
        buckets: 32,
        own: noWatermark,
        watermarks: [noWatermark],
        filedFrom: undefined,
        maxTextBytes: 1e9,
        maxRefusedItems: 1e9,
        openText: () => ({ add: () => void rowsOfStep++ }),
        readRefused,
      },
    );
    for (let step = batch.next(); ; step = batch.next()) {
      expect(rowsOfStep).toBeLessThanOrEqual(200);
      rowsOfStep = 0;
      steps += 1;
      if (step.done) break;
    }
    expect(steps).toBe(6);
  });
});
