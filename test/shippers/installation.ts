/** An installation with a wire before it, and what a test asks of it in the end. */
import { expect } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';
import { startWire } from './wire.ts';

export type Item = { key: string; code: string; repeats: number; kept: string; end: object | null };

export const startWithWire = async () => {
  const server = await startServer();
  const wire = await startWire(server.url);
  const openItems = async (): Promise<Item[]> => {
    const answer = await server.call('operator', '/v1/refused');
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { items: Item[] }).items;
  };
  /** Of the scope, by what they are called. */
  const storedNames = async (): Promise<string[]> => {
    const { rows } = await server.exportLog();
    return rows.map(({ target }) => (JSON.parse(target) as { name: string }).name).sort();
  };
  return { ...server, wire, openItems, storedNames };
};

/** An event that is called so; with an id if nothing else is said. */
export const named = (name: string, change: Record<string, unknown> = {}): string =>
  eventText({ id: name, target: { id: 'c-1', type: 'context', name }, ...change });

/** One whose action is against its grammar. */
export const bad = named('bad', { action: 'Not An Action' });
