import { describe, expect, it } from 'vitest';
import {
  compareNewestFirst,
  type EventKey,
  isBefore,
  keyText,
  positionAfter,
} from '#domain/browse/event-key.ts';

const at = (second: number) => `2026-11-23T12:00:0${second}.000000000Z`;
const key = (occurredAt: string, id: string, scopeId?: string): EventKey => ({ occurredAt, id, scopeId });

describe('the order of a browsed log', () => {
  const newestFirst = [
    key(at(2), 'a', 'a'),
    key(at(1), 'b'),
    key(at(1), 'b', '😀'),
    key(at(1), 'b', '\uffee'),
    key(at(1), 'a', 'b'),
    key(at(1), 'a', 'a'),
  ];

  it('is that of an export, turned round: an absent scope stands last there', () => {
    expect([...newestFirst].reverse().sort(compareNewestFirst)).toEqual(newestFirst);
    expect(new Set(newestFirst.map(keyText)).size).toBe(newestFirst.length);
    expect(keyText(key(at(1), 'a', ''))).not.toBe(keyText(key(at(1), 'a')));
  });

  it('goes on after the event at which a page ended', () => {
    for (const [n, last] of newestFirst.entries())
      expect(newestFirst.filter(other => isBefore(other, positionAfter(last)))).toEqual(
        newestFirst.slice(n + 1),
      );
    expect(newestFirst.filter(other => isBefore(other, { occurredAt: at(2) }))).toEqual(newestFirst.slice(1));
  });
});
