import { describe, expect, it } from 'vitest';
import { shortenEvent } from '#client/shorten-event.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import { eventObject } from '#test/support/builders.ts';

describe('an event that is larger than a request', () => {
  it('keeps its structure, and the beginning of the rest', () => {
    const large = '\u0001'.repeat(maxRequestBytes);
    const actor = { name: large, id: 'u-1', type: 'user' };
    const shortened = shortenEvent(eventObject({ payload: { text: large }, actor }))!;
    expect(Buffer.byteLength(shortened.line)).toBeLessThanOrEqual(maxRequestBytes);
    const event = JSON.parse(shortened.line) as Record<string, Record<string, string>>;
    expect(event).toMatchObject({ action: 'context.create', actor: { id: 'u-1', type: 'user' } });
    // More than the service stores, so that it marks the event as truncated.
    expect(shortened.line.length).toBeGreaterThan(256 * 1024);
  });

  it('is not shortened if its structure alone is too large', () => {
    expect(shortenEvent(eventObject({ action: 'x'.repeat(10_000) }))).toBeUndefined();
    expect(shortenEvent(eventObject({ actor: { id: 'x'.repeat(10_000), type: 'user' } }))).toBeUndefined();
  });
});
