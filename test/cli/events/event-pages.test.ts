import { describe, expect, it } from 'vitest';
import { type Connection, NoAnswer } from '#cli/connection.ts';
import { type EventSearch, findEvents, followEvents, readPage } from '#cli/events/event-pages.ts';
import { Failure } from '#cli/failure.ts';

const progress = { cursor: null, newer: 'n', complete_to: null, scanned_to: null, gaps: [] };
const page = (events: string[], change: object = {}): string =>
  `{"events":[${events.join()}],${JSON.stringify({ ...progress, ...change }).slice(1)}\n`;

/** A server that answers with these, one after another; then it is stopped. */
const connectionOf = (answers: (string | Error | number)[]) => {
  const asked: EventSearch[] = [];
  const connection = {
    fetch: async (_: string, { body }: { body: string }) => {
      asked.push(JSON.parse(body) as EventSearch);
      const answer = answers.shift();
      if (answer === undefined) throw new Failure(1, 'stopped');
      if (answer instanceof Error) throw answer;
      return typeof answer === 'number' ? new Response('{}', { status: answer }) : new Response(answer);
    },
  } as unknown as Connection;
  return { connection, asked };
};

describe('a page of events', () => {
  it('has each event as the server wrote it', () => {
    const events = ['{"id":"a","payload":{"n":12345678901234567890,"events":[1],"x":"]}"}}', '{"id":"b"}'];
    expect(readPage(page(events)).events).toEqual(events);
    expect(readPage(page([])).events).toEqual([]);
    expect(readPage('{\n "events": [ {"a": 1.0}, 2 ]\n}').events).toEqual(['{"a":1.0}', '2']);
  });

  it.each(['', '[]', '{}', '{"events":1}', '<html>', '{"events":[1,]}'])('that is %j is a failure', text => {
    expect(() => readPage(text)).toThrow('is not a page of events');
  });
});

describe('finding events', () => {
  it('goes on by the cursor until there are enough, or no more', async () => {
    const pages = [
      page(['1', '2'], { cursor: 'c' }),
      page([], { cursor: 'd' }),
      page(['3'], { cursor: 'e' }),
    ];
    const { connection, asked } = connectionOf([...pages]);
    const told: number[] = [];
    const { events } = await findEvents(
      connection,
      { scope_id: 'acme' },
      3,
      (_, found) => void told.push(found),
    );
    expect(events).toEqual(['1', '2', '3']);
    expect(asked.map(({ cursor, limit }) => [cursor, limit])).toEqual([
      [undefined, 3],
      ['c', 1],
      ['d', 1],
    ]);
    expect(told).toEqual([2, 2, 3]);
    expect((await findEvents(connectionOf([page(['1'])]).connection, {}, 9)).events).toEqual(['1']);
  });
});

describe('following events', () => {
  const follow = async (answers: (string | Error | number)[], newer: string | null = 'n0') => {
    const { connection, asked } = connectionOf(answers);
    const batches: string[][] = [];
    const pauses: number[] = [];
    const following = { everyMs: 7, pause: async (ms: number) => void pauses.push(ms) };
    const end = (async () => {
      for await (const batch of followEvents(connection, {}, newer, following)) batches.push(batch);
    })();
    await expect(end).rejects.toThrow();
    return { batches, asked: asked.map(({ cursor }) => cursor), pauses, end };
  };

  it('gives each batch the oldest first, page by page, and asks for what is newer', async () => {
    const { batches, asked, pauses } = await follow([
      page(['2', '1'], { cursor: 'c', newer: 'n1' }),
      page(['0'], { newer: 'n1' }),
      page([], { newer: 'n2' }),
      page(['3'], { newer: 'n3' }),
    ]);
    expect(batches).toEqual([['0', '1', '2'], ['3']]);
    expect(asked).toEqual(['n0', 'c', 'n1', 'n2', 'n3']);
    expect(pauses).toEqual([7, 7, 7]);
  });

  it('loses and doubles nothing if an answer is lost', async () => {
    const { batches, asked } = await follow([
      page(['2', '1'], { cursor: 'c', newer: 'n1' }),
      new NoAnswer('it', new Error('x')),
      503,
      page(['2', '1'], { cursor: 'c', newer: 'n1' }),
      page(['0'], { newer: 'n1' }),
    ]);
    expect(batches).toEqual([['0', '1', '2']]);
    expect(asked).toEqual(['n0', 'c', 'n0', 'n0', 'c', 'n1']);
  });

  it('gives up after ten failures, and at once if it is refused', async () => {
    const { asked } = await follow(Array(20).fill(503));
    expect(asked).toHaveLength(10);
    expect((await follow([400, page(['1'])])).asked).toHaveLength(1);
  });

  it('of an empty log begins with the first event', async () => {
    expect((await follow([page([], { newer: null }), page(['1'])], null)).asked.slice(0, 2)).toEqual([
      undefined,
      undefined,
    ]);
  });
});
