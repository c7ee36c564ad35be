import { describe, expect, it } from 'vitest';
import {
  keyOfNoticeCursor,
  noticeCursorOf,
  noticeDueKey,
  parseNoticeDueKey,
  undeliveredNoticeKey,
  waitingNoticeKey,
} from '#domain/export/notice-layout.ts';

const at = (n: number) => `2026-11-23T12:00:00.00000000${n}Z`;
const id = '00000000-0000-5000-8000-000000000001';

describe('the keys of notices', () => {
  it('sort by when they are due, and say it', () => {
    expect(noticeDueKey(at(1), id) < noticeDueKey(at(2), id)).toBe(true);
    expect(parseNoticeDueKey(noticeDueKey(at(1), id))).toEqual({ due: at(1), id });
  });

  it.each([waitingNoticeKey(id), undeliveredNoticeKey(id)])('are found again by their cursor: %s', key => {
    expect(noticeCursorOf(key)).toMatch(/^(waiting|undelivered)-/);
    expect(keyOfNoticeCursor(noticeCursorOf(key))).toBe(key);
  });
});
