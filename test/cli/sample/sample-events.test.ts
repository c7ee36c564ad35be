import { describe, expect, it } from 'vitest';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { sampleHistory, sampleMoment } from '#cli/sample/sample-events.ts';
import { parseEvent } from '#domain/event/event.ts';
import { JsonReader } from '#domain/json/reader.ts';

const end = Date.parse('2026-11-26T12:00:00Z');
const history = sampleHistory(end);

describe('the history of the sample', () => {
  it('has events of the catalogue alone, with payloads of their schemas', () => {
    expect(history.length).toBeGreaterThan(300);
    const strictness = { isStrict: true, isPayloadStrict: true };
    for (const event of history) {
      expect(
        parseEvent(new JsonReader(JSON.stringify(event)).value(), '2026-11-26T12:15:00.000000000Z', false),
      ).not.toHaveProperty('code');
      const payload = JSON.stringify(event.payload);
      const judged = { action: event.action, version: 1, payload, scopeId: 'acme' };
      expect(installedCatalogue.judge(judged, strictness)).toEqual({
        isCatalogued: true,
        warnings: [],
      });
    }
  });

  it('is of the seven days before, in their order, each event with an id of its own', () => {
    const times = history.map(({ occurred_at }) => occurred_at);
    expect(times).toEqual([...times].sort());
    expect(Date.parse(times[0]!)).toBeGreaterThanOrEqual(end - 7 * 86_400_000 - 1000);
    expect(Date.parse(times.at(-1)!)).toBeLessThan(end);
    expect(new Set(history.map(({ id }) => id)).size).toBe(history.length);
  });

  it('is the same for the same beginning, so that filling it again adds nothing', () => {
    expect(sampleHistory(end)).toEqual(history);
    expect(sampleHistory(end + 1)[0]!.id).not.toBe(history[0]!.id);
  });

  it('holds failures, and somebody who deletes what is in production', () => {
    expect(history.some(({ action, success }) => action === 'user.logged_in' && success === false)).toBe(
      true,
    );
    expect(history.filter(({ action }) => action === 'context.delete')).toHaveLength(1);
  });
});

describe('a moment of the sample', () => {
  it('is one request of one person', () => {
    for (let n = 0; n < 50; n++) {
      const events = sampleMoment(`seed ${n}`, end);
      expect(new Set(events.map(({ request }) => JSON.stringify(request))).size).toBe(1);
      expect(new Set(events.map(({ actor }) => JSON.stringify(actor))).size).toBe(1);
    }
  });
});
