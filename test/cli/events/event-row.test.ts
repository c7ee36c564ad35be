import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { eventLine, eventRow } from '#cli/events/event-row.ts';

const text = (change: object = {}): string =>
  JSON.stringify({
    action: 'user.login',
    actor: { id: 'u-1' },
    target: { id: 't' },
    occurred_at: '2026-11-23T12:00:00.000000000Z',
    success: true,
    ...change,
  });

describe('the row of an event', () => {
  it('has its time, its action, who and what by their ids, and how it ended', () => {
    expect(eventRow(text())).toEqual({
      'occurred (UTC)': '2026-11-23 12:00:00',
      action: 'user.login',
      actor: 'u-1',
      target: 't',
      outcome: 'ok',
    });
    expect(
      eventRow(text({ actor: '{"id":1,"id":"x"}', target: { name: 'x' }, success: false })),
    ).toMatchObject({
      actor: '{"id":1,"id":"x"}',
      target: '{"name":"x"}',
      outcome: 'failed',
    });
  });

  it('is a line of at most 100 columns, escaped, whatever is in it', () => {
    const line = eventLine(
      text({ actor: { id: `\u202e\u001b[31m${'宽'.repeat(300)}` }, action: 'a'.repeat(128) }),
    );
    expect(stringWidth(line)).toBeLessThanOrEqual(100);
    expect(line).toContain('\\u202e');
    expect(line).not.toContain('\n');
  });
});
