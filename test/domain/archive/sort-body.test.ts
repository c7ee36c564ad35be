import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf } from '#domain/archive/bucket.ts';
import { decodePack } from '#domain/archive/pack.ts';
import { packRows, type Receiver, type SentBody, sortBody } from '#domain/archive/sort-body.ts';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { receiverClock } from '#domain/receive/receiver-clock.ts';
import { eventText } from '#test/support/builders.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const receiver = (): Receiver => {
  let ids = 0;
  return {
    buckets: 32,
    catalogue: new Catalogue([]),
    strictness: { isStrict: false, isPayloadStrict: false },
    nowMs: () => nowMs,
    clock: receiverClock(
      () => nowMs,
      () => 0,
    ),
    newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
  };
};
const sent = (bytes: string, change: Partial<SentBody> = {}): SentBody => ({
  body: { bytes, contentType: 'application/json', contentEncoding: '' },
  from: 's',
  requestId: 'r',
  http: undefined,
  isStamping: true,
  isKeeping: false,
  ...change,
});
const sort = (...of: Parameters<typeof sent>) => {
  const sorted = sortBody(sent(...of), receiver());
  if ('status' in sorted) throw new Error(sorted.message);
  return sorted;
};

describe('the events of a body', () => {
  const given = fc.array(fc.constantFrom('acme', 'org-1', undefined, 'refused'), { minLength: 1 });

  it('are each accepted with a row in its bucket, or refused with its place in the body', () => {
    fc.assert(
      fc.property(given, events => {
        const texts = events.map(scope =>
          scope === 'refused'
            ? '{"x":1}'
            : eventText({ id: undefined, scope: scope && { id: scope, type: 't' } }),
        );
        const { accepted, refused, byBucket } = sort(`[${texts.join(',')}]`);
        const indexes = [...accepted, ...refused].map(({ index }) => index).sort((a, b) => a - b);
        expect(indexes).toEqual([...events.keys()]);
        for (const { index } of refused) expect(events[index]).toBe('refused');
        const { packs, places } = packRows(byBucket);
        expect(places.flat().sort((a, b) => a - b)).toEqual([...accepted.keys()]);
        packs.forEach(({ bucket, data }, pack) => {
          const read = decodePack(data);
          if ('fault' in read) throw new Error(read.fault);
          const rows = read.lines.map(line => JSON.parse(String(line)) as { id: string });
          expect(rows.map(({ id }) => id)).toEqual(places[pack]!.map(place => accepted[place]!.id));
          for (const place of places[pack]!)
            expect(bucketOf(events[accepted[place]!.index] ?? 'c-1', 32)).toBe(bucket);
        });
      }),
    );
  });

  it('have the same ids if the same body comes again from a sender that retries until the answer is final', () => {
    const text = `[${eventText({ id: undefined })},${eventText({ id: undefined })}]`;
    const idsOf = (isKeeping: boolean) => sort(text, { isKeeping }).accepted.map(({ id }) => id);
    expect(idsOf(true)).toEqual(idsOf(true));
    expect(new Set(idsOf(true)).size).toBe(2);
    expect(idsOf(false)).not.toEqual(idsOf(true));
  });
});
