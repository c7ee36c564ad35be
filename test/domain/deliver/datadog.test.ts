import { expect, it } from 'vitest';
import { datadogForm } from '#domain/deliver/datadog.ts';

const nowMs = Date.parse('2026-11-26T12:00:00Z');
const entry = (occurredAt: string) =>
  datadogForm.entry({ text: '{"a":1.50}\n', event: { id: 'e', occurredAt } }, nowMs);

it('sends the line as the message, with the time at which the event occurred', () => {
  const { text, isRetimed } = entry('2026-11-26T11:00:00.123456789Z');
  expect(isRetimed).toBeUndefined();
  expect(JSON.parse(datadogForm.body([text, text]))).toEqual(
    Array(2).fill({
      ddsource: 'annals',
      service: 'annals',
      message: '{"a":1.50}',
      timestamp: Date.parse('2026-11-26T11:00:00.123Z'),
    }),
  );
});

it('leaves the time to Datadog after 18 hours, since it would drop the event, and says so', () => {
  expect(entry('2026-11-25T18:00:00.000000000Z').isRetimed).toBeUndefined();
  const { text, isRetimed } = entry('2026-11-25T17:59:59.999000000Z');
  expect(isRetimed).toBe(true);
  expect(JSON.parse(text)).not.toHaveProperty('timestamp');
  const manifest = datadogForm.entry({ text: '{}', event: undefined }, nowMs);
  expect(JSON.parse(manifest.text)).toMatchObject({ message: '{}', timestamp: nowMs });
});

it('keeps the limits that Datadog documents, and believes a status', () => {
  expect(datadogForm).toMatchObject({ maxEntries: 1000, maxEntryBytes: 1_000_000, maxBytes: 5_000_000 });
  expect(datadogForm.verdict({ status: 202, body: '{}' }, nowMs)).toEqual({ kind: 'taken' });
});
