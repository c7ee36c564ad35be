import {
  bodyOfQuery,
  type EventPage,
  eventPages,
  parseQuery,
  printQuery,
  printTime,
  showInvisible,
} from 'annals/browse';
import { describe, expect, it } from 'vitest';

const page = (id: string, cursor: string | null) => ({ events: [{ id }], cursor }) as unknown as EventPage;

describe('annals/browse', () => {
  it('is imported by its name, and reads and prints as the page does', () => {
    const { query, faults } = parseQuery('action:user.* -actor:ci zoë');
    expect(faults).toEqual([]);
    expect(bodyOfQuery(query)).toEqual({ action: ['"user."*'], actor: ['-"ci"'], q: 'zoë' });
    expect(parseQuery(printQuery(query)).query).toEqual(query);
    expect(printTime('2026-11-26T12:00:00.123456789Z', 'UTC', 9)).toBe('2026-11-26 12:00:00.123456789 UTC');
    expect(showInvisible('a\u202eb')).toBe('a\\u{202e}b');
  });

  it('turns pages until the last one, with the search as it was', async () => {
    const asked: unknown[] = [];
    const answers = [page('1', 'c1'), page('2', 'c2'), page('3', null)];
    const ask = async (body: object): Promise<EventPage> => {
      asked.push(body);
      return answers[asked.length - 1]!;
    };
    const ids: string[] = [];
    for await (const { events } of eventPages(ask, { scope_id: 'acme', limit: 1 }))
      ids.push(...events.map(({ id }) => id));
    expect(ids).toEqual(['1', '2', '3']);
    expect(asked).toEqual([
      { scope_id: 'acme', limit: 1 },
      { scope_id: 'acme', limit: 1, cursor: 'c1' },
      { scope_id: 'acme', limit: 1, cursor: 'c2' },
    ]);
  });

  it('asks for no page that nobody takes', async () => {
    let calls = 0;
    const ask = async (): Promise<EventPage> => page(String(++calls), 'c');
    for await (const _ of eventPages(ask, {})) break;
    expect(calls).toBe(1);
  });
});
