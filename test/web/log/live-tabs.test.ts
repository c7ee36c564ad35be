import { describe, expect, it, onTestFinished } from 'vitest';
import { type Locks, openTabs } from '#web/log/live-tabs.ts';

const { signal } = new AbortController();

const open = (key: string, onTold: (told: string) => void = () => {}, locks?: Locks) => {
  const tabs = openTabs<string>(key, onTold, locks);
  onTestFinished(() => tabs.close());
  return tabs;
};

/** Resolves with what a tab of the key hears first. */
const hearing = (key: string): Promise<string> => new Promise(resolve => open(key, resolve));

describe('the tabs of a browser', () => {
  it('hear what another one of the same key got, and of no other key', async () => {
    const heard = hearing('a');
    open('b').tell('of b');
    open('a').tell('of a');
    expect(await heard).toBe('of a');
  });

  it('ask one at a time, whatever they follow', async () => {
    const asked: string[] = [];
    const locks: Locks = {
      request: async (name, options, run) => {
        asked.push(name, String(options.signal === signal));
        await run();
      },
    };
    await open('a', undefined, locks).lead(async () => void asked.push('a runs'), signal);
    await open('b', undefined, locks).lead(async () => void asked.push('b runs'), signal);
    expect(asked).toEqual(['annals-live', 'true', 'a runs', 'annals-live', 'true', 'b runs']);
  });

  it('ask at once in a browser without locks', async () => {
    let hasRun = false;
    await open('a').lead(async () => {
      hasRun = true;
    }, signal);
    expect(hasRun).toBe(true);
  });
});
