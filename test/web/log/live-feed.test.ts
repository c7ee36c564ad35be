import { describe, expect, it } from 'vitest';
import { type Came, LiveFeed, type Told } from '#web/log/live-feed.ts';
import type { Answer } from '#web/log/rows.ts';

const { signal } = new AbortController();

/** A log in which event n is filed, and occurs, at second n; a cursor is the second up to which it was seen. */
const openLog = () => {
  const log = { size: 0, pageRows: 100 };
  const told: Told[] = [];
  const at = (second: number): string => String(second).padStart(3, '0');
  const open = (seenTo: number) => {
    const came: Came[] = [];
    const asked: string[] = [];
    const feed = new LiveFeed({
      newer: at(seenTo),
      completeTo: at(seenTo),
      search: async cursor => {
        asked.push(cursor);
        const first = Number(cursor) + 1;
        const last = Math.min(log.size, Number(cursor) + log.pageRows);
        const rows = Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => ({
          key: at(first + n),
          event: { occurred_at: at(first + n) },
        }));
        const isWhole = last === log.size;
        return {
          rows,
          complete_to: at(log.size),
          cursor: isWhole ? null : at(last),
          newer: isWhole ? at(log.size) : null,
        } as unknown as Answer;
      },
      tell: message => told.push(message),
      onCame: one => came.push(one),
    });
    return {
      feed,
      asked,
      keys: () => [...(came.at(-1)?.rows ?? [])].map(({ key }) => Number(key)),
      come: () => came.reduce((sum, { come }) => sum + come, 0),
    };
  };
  return { log, told, open };
};

describe('what came since a log was loaded', () => {
  it('is heard by a tab that has everything before, which does not ask', async () => {
    const { log, told, open } = openLog();
    const [one, other] = [open(0), open(0)];
    log.size = 3;
    expect(await one.feed.ask(signal)).toBe(3);
    await other.feed.hear(told[0]!, signal);
    expect(other.keys()).toEqual([3, 2, 1]);
    expect(other.asked).toEqual([]);
  });

  it('is asked once by a tab that lacks what was before', async () => {
    const { log, told, open } = openLog();
    const early = open(0);
    log.size = 2;
    const late = open(2);
    log.size = 4;
    await late.feed.ask(signal);
    expect(told[0]).toMatchObject({ since: '002', completeTo: '004' });
    await early.feed.hear(told[0]!, signal);
    expect(early.keys()).toEqual([4, 3, 2, 1]);
    expect(early.asked).toEqual(['000']);
    await late.feed.hear(told[1]!, signal);
    expect(late.keys()).toEqual([4, 3]);
    expect(late.asked).toEqual(['002']);
  });

  it('is asked by everybody if it took several answers', async () => {
    const { log, told, open } = openLog();
    log.pageRows = 2;
    const [one, other] = [open(0), open(0)];
    log.size = 3;
    expect(await one.feed.ask(signal)).toBe(Number.POSITIVE_INFINITY);
    expect(await one.feed.ask(signal)).toBe(1);
    expect(told).toEqual([{ since: '000', completeTo: '003', answer: undefined }]);
    await other.feed.hear(told[0]!, signal);
    expect(other.asked).toEqual(['000', '002']);
    expect(other.keys()).toEqual([3, 2, 1]);
  });

  it('is counted once by a tab that hears it and then asks itself', async () => {
    const { log, told, open } = openLog();
    const [one, other] = [open(0), open(0)];
    log.size = 2;
    await one.feed.ask(signal);
    await other.feed.hear(told[0]!, signal);
    log.size = 3;
    expect(await other.feed.ask(signal)).toBe(1);
    expect(other.come()).toBe(3);
    expect(other.keys()).toEqual([3, 2, 1]);
  });
});
