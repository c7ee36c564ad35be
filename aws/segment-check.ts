/**
 * Checks the segments of every compacted day: their files are exactly those of the facts, with the bytes that were
 * written, and hold the rows of the ledger, whose sum is computed again from its objects. It writes nothing.
 */

import { createHash } from 'node:crypto';
import type { Objects } from '#aws/objects.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { isUnreadable } from '#aws/state/record.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { readFiledObject } from '#domain/archive/filed-object.ts';
import { type Lane, lanes } from '#domain/archive/lane.ts';
import { daysPrefix, firstDate, parseObjectKey } from '#domain/archive/layout.ts';
import { addFinding, type LedgerReport } from '#domain/archive/ledger-report.ts';
import type { LaneDayFacts } from '#domain/compact/facts.ts';
import { readFiledLine } from '#domain/compact/filed-line.ts';
import { type Partition, segmentPartition } from '#domain/compact/layout.ts';
import { RowSum } from '#domain/compact/row-sum.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { monthsBetween } from '#domain/time.ts';

type Places = {
  ledger: Pick<Objects, 'get' | 'list'>;
  state: Objects;
  views: Pick<Objects, 'get' | 'list'>;
};

/** Adds what it finds to the report; `onSegment` is called after each segment. */
export const checkSegments = async (
  places: Places,
  report: Pick<LedgerReport, 'buckets' | 'findings'>,
  onSegment: () => void,
): Promise<void> => {
  const compactions = new Compactions(places.state);
  for (const bucket of allBuckets(report.buckets)) {
    try {
      const { compacted_to } = (await compactions.get(bucket)).record;
      if (compacted_to === undefined) continue;
      for (const month of monthsBetween(firstDate.slice(0, 7), compacted_to.slice(0, 7)))
        for (const { date, lanes: its } of (await compactions.month(bucket, month)).record.days)
          for (const lane of lanes)
            if (date <= compacted_to && its[lane])
              await checkDay(places, report, { lane, bucket, date, facts: its[lane], onSegment });
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      addFinding(report.findings, 'unreadable_record', { place: `bucket ${bucket}`, detail: error.message });
    }
  }
};

const checkDay = async (
  { ledger, views }: Places,
  { buckets, findings }: Pick<LedgerReport, 'buckets' | 'findings'>,
  { facts, onSegment, ...partition }: Partition & { facts: LaneDayFacts; onSegment: () => void },
): Promise<void> => {
  const place = segmentPartition(partition);
  const damaged = (where: string, detail: string): void =>
    addFinding(findings, 'damaged_segment', { place: where, detail });
  const known = new Set(facts.segments.map(({ key }) => key));
  for await (const { key } of views.list(place)) if (!known.has(key)) damaged(key, 'it is not ours');
  const maker = new SegmentMaker(buckets);
  const segments = new RowSum();
  for (const { key, sha256 } of facts.segments) {
    const stored = await views.get(key);
    onSegment();
    if (!stored) damaged(key, 'it is missing');
    else if (createHash('sha256').update(stored.bytes).digest('hex') !== sha256)
      damaged(key, 'its bytes are not those that were written');
    else {
      const { rows_sum, rows } = await maker.sum(stored.bytes);
      segments.addSum(rows_sum, rows);
      continue;
    }
    return;
  }
  const rows = await sumOfLedger(ledger, partition, buckets);
  if (segments.hex() !== facts.rows_sum || rows.hex() !== facts.rows_sum || rows.rows !== facts.rows)
    addFinding(findings, 'different_rows', {
      place,
      detail: `${segments.rows} rows; its facts say ${facts.rows}, the ledger holds ${rows.rows}`,
    });
};

/** The sum of the distinct rows of a lane's day. */
const sumOfLedger = async (
  ledger: Places['ledger'],
  { lane, bucket, date }: { lane: Lane; bucket: number; date: string },
  buckets: number,
): Promise<RowSum> => {
  const sum = new RowSum();
  const seen = new Set<string>();
  for await (const { key } of ledger.list(`${daysPrefix(lane, bucket, date)}/`)) {
    const name = parseObjectKey(key);
    const stored = await ledger.get(key);
    // What is wrong with an object is found by the check of the ledger.
    if (!name || !stored) continue;
    for (const line of readFiledObject(stored.bytes, name, buckets).lines) {
      const id = createHash('sha256').update(line).digest('base64');
      if (seen.has(id)) continue;
      seen.add(id);
      const read = readFiledLine(line);
      if ('cells' in read) sum.add(read.cells);
    }
  }
  return sum;
};
