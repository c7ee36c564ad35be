import { describe, expect, it } from 'vitest';
import { type EventAnswer, fitAnswer, maxAnswerBytes, printPath } from '#domain/receive/event-answer.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const id = '00000000-0000-4000-8000-000000000001';
const answerOf = (count: number, change: object = {}): EventAnswer => ({
  accepted: count,
  events: Array.from({ length: count }, (_, index) => ({
    index,
    id,
    occurred_at: at,
    received_at: at,
    ...change,
  })),
  rejected: [],
});
const bytesOf = (answer: EventAnswer) => Buffer.byteLength(JSON.stringify(answer));

describe('an answer', () => {
  it('that fits stays as it is', () => {
    const answer = answerOf(3, { sent_id: 'x' });
    expect(fitAnswer(answer)).toBe(answer);
  });

  it('that is too large mentions every event, and counts the warnings that it leaves out', () => {
    const warning = { code: 'wrapped', path: `/${'p'.repeat(250)}`, message: 'm'.repeat(200) } as const;
    const count = 10_000;
    const fitted = fitAnswer(answerOf(count, { warnings: [warning, { ...warning, code: 'truncated' }] }));
    expect(bytesOf(fitted)).toBeLessThanOrEqual(maxAnswerBytes);
    expect(fitted.events.map(({ index }) => index)).toEqual([...Array(count).keys()]);
    const said = fitted.events.reduce((sum, { warnings = [] }) => sum + warnings.length, 0);
    expect(said + (fitted.warnings_left_out ?? 0)).toBe(2 * count);
  });

  it('that is too large shortens what it says of refused events, and keeps their codes', () => {
    const rejected = Array.from({ length: 10_000 }, (_, index) => ({
      index,
      code: 'invalid_type',
      path: '/p'.repeat(120),
      message: '\u0001'.repeat(300),
      kept: true,
    }));
    const fitted = fitAnswer({ ...answerOf(0), rejected });
    expect(bytesOf(fitted)).toBeLessThanOrEqual(maxAnswerBytes);
    expect(fitted.rejected.map(({ index, code }) => [index, code])).toEqual(
      rejected.map(({ index, code }) => [index, code]),
    );
  });

  it('cuts a path at a whole character', () => {
    expect(printPath(`${'a'.repeat(255)}🦩`)).toBe('a'.repeat(255));
    expect(printPath('/\ud800')).toBe('/\ufffd');
  });
});
