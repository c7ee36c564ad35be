import { describe, expect, it } from 'vitest';
import { UnreadableRecord } from '#aws/state/record.ts';
import { countUnreadable, printUnreadable, unreadableStatus } from '#functions/http/unreadable.ts';
import { anId } from '#test/support/builders.ts';

const error = new UnreadableRecord('exports/x.json', 'it is empty', 'Delete it');
const at = '2026-11-23T12:00:00.000000000Z';
const open = () => {
  const said: object[] = [];
  return { said, log: (_: string, message: string, facts?: object) => said.push({ message, ...facts }) };
};

describe('damaged records in a list', () => {
  it('are counted, if there are any, and each is named in the log', () => {
    const { said, log } = open();
    expect(countUnreadable([], log)).toEqual({});
    expect(countUnreadable([error, error], log)).toEqual({ unreadable: 2 });
    expect(said).toHaveLength(2);
    expect(said).toMatchObject([{ detail: expect.stringContaining('exports/x.json') }, {}]);
  });

  it('are shown as exports of which nothing else is known, and of which the answer names no file', () => {
    const { said, log } = open();
    const shown = printUnreadable({ id: anId, requestedAt: at, error }, log);
    expect(shown).toMatchObject({
      id: anId,
      requested_at: at,
      scope_id: null,
      ...unreadableStatus(error, log),
    });
    expect(JSON.stringify(shown)).not.toContain('x.json');
    expect(said).toHaveLength(2);
  });
});
