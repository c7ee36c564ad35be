import { describe, expect, it } from 'vitest';
import { answerBody, answerEvents } from '#functions/http/receive-answer.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const one = { index: 0, id: '00000000-0000-4000-8000-000000000001', occurred_at: at, received_at: at };
const refusal = { index: 1, code: 'invalid_type', path: '/a', message: 'm', slice: undefined } as const;
const answer = (isKeeping: boolean, change: object) =>
  answerEvents(
    { isKeeping },
    { accepted: [], refused: [], notStored: new Set(), isKept: [], isAdmitted: [], ...change },
  );
const mixed = { accepted: [one], refused: [refusal], isAdmitted: [true] };

describe('the answer to events', () => {
  it.each([
    ['202: all were accepted', false, { accepted: [one] }],
    ['207: some were accepted', false, { ...mixed, isKept: [true] }],
    ['422: none was accepted', false, { refused: [refusal], isKept: [true], isAdmitted: [true] }],
    ['200: all are stored or kept', true, { ...mixed, isKept: [true] }],
    ['503: an event was not stored', false, { accepted: [one], notStored: new Set([0]) }],
    ['503: what should have been kept was not', true, { ...mixed, isKept: [false] }],
    // There is no room for it, and a retry would find none either.
    ['207: what has no room is not kept', true, { ...mixed, isKept: [false], isAdmitted: [false] }],
  ])('is %s', (status, isKeeping, change) => {
    expect(answer(isKeeping, change).statusCode).toBe(Number(status.slice(0, 3)));
  });

  it('names what to send again, in the order in which it was sent', () => {
    const { body } = answer(true, {
      accepted: [{ ...one, index: 2 }],
      refused: [refusal],
      notStored: new Set([0]),
      isKept: [false],
      isAdmitted: [true],
    });
    expect(JSON.parse(body)).toMatchObject({
      accepted: 0,
      not_stored: [{ index: 1 }, { index: 2, id: one.id, occurred_at: at }],
    });
  });
});

describe('the answer to a body that is refused as a whole', () => {
  const problem = { status: 400, code: 'invalid_json', message: 'm' } as const;

  it('is the problem, and final if the body is kept', () => {
    expect(answerBody({ isKeeping: false }, problem, { isKept: true, isToSendAgain: false }).statusCode).toBe(
      400,
    );
    expect(answerBody({ isKeeping: true }, problem, { isKept: true, isToSendAgain: false }).statusCode).toBe(
      200,
    );
    expect(answerBody({ isKeeping: true }, problem, { isKept: false, isToSendAgain: true }).statusCode).toBe(
      503,
    );
  });
});
