import { describe, expect, it } from 'vitest';
import { keyOf, type LogEvent, partyOf, readAnswer, requestPart } from '#web/log/rows.ts';

const raw = '{"action":"a","id":"i","occurred_at":"t","payload":{"n":12345678901234567890.10,"e":"x\\"]}"}}';
const rest = '"cursor":null,"newer":"n","complete_to":"t","scanned_to":null,"gaps":[]';

describe('an answer of the log', () => {
  it('keeps the JSON of each event as it was sent', () => {
    const { rows, cursor, newer } = readAnswer(`{"events":[${raw},${raw.replace('"i"', '"j"')}],${rest}}`);
    expect(rows.map(row => row.raw)).toEqual([raw, raw.replace('"i"', '"j"')]);
    expect(rows.map(row => row.key)).toEqual(['i@t', 'j@t']);
    expect([cursor, newer]).toEqual([null, 'n']);
    expect(readAnswer(`{"events":[],${rest}}`).rows).toEqual([]);
  });

  it('that was laid out anew is read too', () => {
    const { rows } = readAnswer(
      JSON.stringify({ newer: null, events: [{ id: 'i', occurred_at: 't' }] }, null, 2),
    );
    expect(rows).toEqual([
      { key: 'i@t', event: { id: 'i', occurred_at: 't' }, raw: '{"id":"i","occurred_at":"t"}' },
    ]);
    expect(keyOf(rows[0]!.event)).toBe('i@t');
  });

  it('has parties and requests of any form', () => {
    expect(partyOf({ id: 'u', type: 'user', name: 'U' })).toEqual({ id: 'u', type: 'user', name: 'U' });
    expect(partyOf({ id: 7, name: null })).toEqual({
      id: '{"id":7,"name":null}',
      type: undefined,
      name: undefined,
    });
    expect(partyOf('{"id":"a","id":"b"}')).toMatchObject({ id: '{"id":"a","id":"b"}' });
    expect(partyOf(null)).toBeUndefined();
    const event = (request: unknown) => ({ request }) as LogEvent;
    expect(requestPart(event({ id: 'r' }), 'id')).toBe('r');
    expect(requestPart(event({ id: 7 }), 'id')).toBeUndefined();
    expect(requestPart(event('{}'), 'id')).toBeUndefined();
    expect(requestPart(event(null), 'ip_address')).toBeUndefined();
  });
});
