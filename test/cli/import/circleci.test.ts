import { describe, expect, it } from 'vitest';
import { circleciDraft, isCircleci } from '#cli/import/circleci.ts';
import { eventFields } from '#domain/event/event.ts';

const row = (change: Record<string, string> = {}): Map<string, string> =>
  new Map(
    Object.entries({
      action: 'context.create',
      actor: '{"id": "u-1", "type":"user"}',
      target: '{"id":"c-1","type":"context"}',
      payload: '{"n":1.10}',
      occurred_at: '2017-12-21T13:50:54.474Z',
      metadata: '',
      id: '0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77',
      version: '1',
      scope: '{"id":"acme","type":"account"}',
      success: 'TRUE',
      request: '',
      ...change,
    }),
  );

describe("CircleCI's CSV", () => {
  it('is known by its columns', () => {
    expect(isCircleci(eventFields)).toBe(true);
    expect(isCircleci(['action', 'actor', 'target', 'occurred_at', 'success'])).toBe(true);
    expect(isCircleci(['action', 'actor', 'target', 'occurred_at'])).toBe(false);
    expect(isCircleci([...eventFields, 'extra'])).toBe(false);
  });

  it('keeps the tokens of JSON, and leaves out what is empty', () => {
    expect(circleciDraft(row(), 'circleci')).toEqual({
      action: '"context.create"',
      actor: '{"id":"u-1","type":"user"}',
      target: '{"id":"c-1","type":"context"}',
      payload: '{"n":1.10}',
      occurred_at: '"2017-12-21T13:50:54.474Z"',
      id: '"0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77"',
      version: '1',
      scope: '{"id":"acme","type":"account"}',
      success: 'true',
    });
  });

  it('makes an id of a row without one', () => {
    const make = (change: Record<string, string>) => circleciDraft(row({ id: '', ...change }), 'circleci').id;
    expect(make({})).toBe(make({}));
    expect(make({})).not.toBe(make({ payload: '{}' }));
  });

  it('names a column that is not JSON', () => {
    expect(() => circleciDraft(row({ actor: 'bob' }), 'circleci')).toThrow('The column "actor" is not JSON');
    expect(circleciDraft(row({ success: 'yes', version: 'x' }), 'c')).toMatchObject({
      success: '"yes"',
      version: '"x"',
    });
  });
});
