import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  anEvent,
  type Line,
  openClient,
  type Scripted,
  startService,
  stored,
} from '#test/support/audit-log-service.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** Waits until it holds, however busy the machine is. */
const soon = (check: () => void): Promise<void> => vi.waitFor(check, 30_000);

const poison = (n: number) => ({ ...anEvent(n), payload: { name: '<script>' } });
const isPoison = (line: Line): boolean => JSON.stringify(line).includes('<script>');
const html = (status: number): Scripted => ({
  status,
  body: '<html>Forbidden</html>',
  headers: { 'content-type': 'text/html' },
});
/** A service behind something that answers so whatever holds an event that it dislikes. */
const guarded = (answer: Scripted) => startService(lines => (lines.some(isPoison) ? answer : stored(lines)));

describe('an event that the service does not take', () => {
  it.each<[string, Scripted]>([
    ['400', html(400)],
    ['403', html(403)],
    ['422 without a word of events', html(422)],
    ['422 that refuses none', { status: 422, body: { rejected: [] } }],
    ['404', html(404)],
    ['500', html(500)],
    ['502', html(502)],
    ['a redirection', { status: 302, headers: { location: '/blocked' } }],
    ['a connection that is cut', 'cut'],
    ['nothing', 'hang'],
  ])('stops no other, is refused and kept, if it gets %s', async (_, answer) => {
    const directory = await temporaryDirectory();
    const { url, kept } = await guarded(answer);
    const { log, refused } = openClient(url, { spool: { directory }, requestTimeoutMs: 100 });
    const events = Array.from({ length: 29 }, (_, n) => log.record(n === 17 ? poison(n) : anEvent(n)));
    await log.flush();
    expect([...kept.keys()].sort()).toEqual(
      events
        .filter((_, n) => n !== 17)
        .map(({ id }) => id)
        .sort(),
    );
    const file = join(directory, 'refused.ndjson');
    expect(refused).toMatchObject([
      { id: events[17]!.id, code: 'not_accepted', message: expect.stringContaining(`it is kept in ${file}`) },
    ]);
    expect(await readFile(file, 'utf8')).toBe(`${refused[0]!.line}\n`);
    expect(await log.close()).toEqual({ left: 0 });
  });

  it('is found among several, in several batches', async () => {
    const { url, kept } = await guarded(html(403));
    const { log, refused } = openClient(url, { maxBatchEvents: 10 });
    const events = Array.from({ length: 60 }, (_, n) =>
      log.record(n % 9 === 0 || (n >= 20 && n < 30) ? poison(n) : anEvent(n)),
    );
    await log.flush();
    expect(refused.map(({ id }) => id).sort()).toEqual(
      events
        .filter((_, n) => n % 9 === 0 || (n >= 20 && n < 30))
        .map(({ id }) => id)
        .sort(),
    );
    expect(kept.size + refused.length).toBe(60);
  });

  it('is found among hundreds', async () => {
    const { url, kept } = await guarded(html(403));
    const { log, refused } = openClient(url);
    for (let n = 0; n < 500; n++) log.record(n % 2 === 0 ? poison(n) : anEvent(n));
    await log.flush();
    expect(refused).toHaveLength(250);
    expect(new Set(refused.map(({ id }) => id)).size).toBe(250);
    expect(kept.size).toBe(250);
  });

  it('lets the events that come later go before it, if it came first', async () => {
    const { url, kept } = await guarded(html(500));
    const { log, refused, unavailable } = openClient(url);
    const first = log.record(poison(0));
    await soon(() => expect(unavailable.length).toBeGreaterThan(5));
    // Nothing was ever stored: it may be that the service is broken.
    expect(refused).toEqual([]);
    log.record(anEvent(1));
    await log.flush();
    expect(kept.size).toBe(1);
    expect(refused).toMatchObject([{ id: first.id, code: 'not_accepted' }]);
  });

  it('does not stop what another process has left in the spool behind it', async () => {
    const directory = await temporaryDirectory();
    const away = await startService(() => 'cut');
    const first = openClient(away.url, { spool: { directory } });
    first.log.record(poison(0));
    await first.log.close({ timeoutMs: 30 });
    const { url, kept } = await guarded(html(400));
    const { log, refused } = openClient(url, { spool: { directory } });
    for (let n = 1; n < 5; n++) log.record(anEvent(n));
    await log.flush();
    expect(kept.size).toBe(4);
    expect(refused).toHaveLength(1);
  });

  it('is not refused, and stops no other, if the service asks to send it later', async () => {
    const { url, kept } = await guarded({ status: 503, body: { code: 'not_stored' } });
    const { log, refused, unavailable } = openClient(url, { maxBatchEvents: 2 });
    const events = [poison(0), ...Array.from({ length: 8 }, (_, n) => anEvent(n + 1))];
    for (const event of events) log.record(event);
    await soon(() => expect(unavailable.at(-1)?.tries).toBeGreaterThan(5));
    expect(kept.size).toBe(8);
    expect(refused).toEqual([]);
    expect(await log.close({ timeoutMs: 0 })).toEqual({ left: 1 });
  });

  it('rejects who waits for it', async () => {
    const { url } = await guarded(html(403));
    const { log } = openClient(url);
    await log.store(anEvent(0));
    await expect(log.store(poison(1))).rejects.toThrow('rejects this event, though it takes others');
  });
});

describe('a service that takes nothing', () => {
  it.each<[string, Scripted]>([
    ['400', html(400)],
    ['401', html(401)],
    ['403', html(403)],
    ['413', html(413)],
    ['422', html(422)],
    ['500', html(500)],
    ['a cut connection', 'cut'],
  ])('gets all events once it does again, and refuses none meanwhile: %s', async (_, answer) => {
    const directory = await temporaryDirectory();
    let isBroken = false;
    let asked = 0;
    const { url, kept } = await startService(lines => {
      asked += 1;
      return isBroken ? answer : stored(lines);
    });
    const { log, refused, unavailable } = openClient(url, { spool: { directory }, maxBatchEvents: 5 });
    await log.store(anEvent(100));
    isBroken = true;
    asked = 0;
    const ids = Array.from({ length: 23 }, (_, n) => log.record(anEvent(n)).id);
    await soon(() => {
      expect(asked).toBeGreaterThan(10);
      expect(unavailable.at(-1)?.tries).toBeGreaterThan(5);
    });
    expect(refused).toEqual([]);
    isBroken = false;
    await log.flush();
    expect([...kept.keys()]).toEqual(expect.arrayContaining(ids));
    expect(refused).toEqual([]);
  });

  it('is not asked more than three times between two pauses', async () => {
    const { url, requests } = await startService(() => html(500));
    const { log, unavailable } = openClient(url);
    for (let n = 0; n < 50; n++) log.record(anEvent(n));
    await soon(() => expect(unavailable.length).toBeGreaterThan(8));
    await log.close({ timeoutMs: 0 });
    expect(requests.length).toBeLessThanOrEqual(3 * (unavailable.length + 1));
  });

  it('refuses nothing if it goes away while the cause is looked for', async () => {
    let answered = 0;
    let isAway = true;
    const { url, kept } = await startService(lines => {
      // It takes one event of many, and then is gone.
      const isTaken = isAway ? lines.length === 1 && answered === 0 : true;
      if (isTaken) answered += 1;
      return isTaken ? stored(lines) : html(500);
    });
    const { log, refused, unavailable } = openClient(url);
    for (let n = 0; n < 16; n++) log.record(anEvent(n));
    await soon(() => expect(unavailable.length).toBeGreaterThan(8));
    expect(answered).toBe(1);
    isAway = false;
    await log.flush();
    expect(kept.size).toBe(16);
    expect(refused).toEqual([]);
  });
});
