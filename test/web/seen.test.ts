import { describe, expect, it } from 'vitest';
import type { PageApi } from '#web/api.ts';
import { nameOfView, rememberSeen, seenOf } from '#web/seen.ts';
import { defaultView } from '#web/view.ts';

const api = (): PageApi => ({}) as PageApi;
const seen = (what: string) => ({
  what,
  atMs: 0,
  question: { scope_id: 'acme' },
  completeTo: '2026-11-26T08:00:00.000000000Z',
  newer: 'c',
});

describe('the answer that was last on the screen', () => {
  it('is that of its view, and of its page', () => {
    const [one, other] = [api(), api()];
    rememberSeen(one, seen('a'));
    expect(seenOf(one, 'a')).toEqual(seen('a'));
    expect(seenOf(one, 'b')).toBeUndefined();
    expect(seenOf(other, 'a')).toBeUndefined();
    rememberSeen(one, seen('b'));
    expect(seenOf(one, 'a')).toBeUndefined();
  });

  it('belongs to scope, query and range, whatever else is shown', () => {
    const name = nameOfView(defaultView, 'acme');
    expect(nameOfView({ ...defaultView, order: 'oldest' } as typeof defaultView, 'acme')).toBe(name);
    expect(nameOfView(defaultView, 'other')).not.toBe(name);
    expect(nameOfView({ ...defaultView, query: 'x' }, 'acme')).not.toBe(name);
    expect(nameOfView({ ...defaultView, range: { kind: 'all' } }, 'acme')).not.toBe(name);
  });
});
