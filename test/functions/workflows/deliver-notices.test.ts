import { describe, expect, it } from 'vitest';
import type { Objects } from '#aws/objects.ts';
import { Notices } from '#aws/state/notices.ts';
import { isNoticeCursor, type Notice, noticeOf } from '#domain/export/notice.ts';
import {
  noticesDuePrefix,
  noticesPrefix,
  undeliveredNoticeKey,
  waitingNoticeKey,
} from '#domain/export/notice-layout.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { dismissNotice, retryNotice } from '#functions/http/notices.ts';
import type { Call } from '#functions/http/router.ts';
import {
  deliverNotices,
  type NoticeWorld,
  recordDeliveryNotice,
} from '#functions/workflows/deliver-notices.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const uuid = (n: number): string => `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`;
const startMs = Date.parse('2026-11-23T12:00:00Z');
const day = 86_400_000;

/** Notices over a state of their own; `take` is the receiver, which throws if it does not take one. */
const open = async (take: (notice: Notice) => unknown = () => undefined) => {
  const { state } = await openBuckets();
  const clock = { ms: startMs };
  const sent: string[] = [];
  const logged: unknown[] = [];
  const notices = new Notices(state);
  const world: NoticeWorld = {
    notices,
    events: 'all',
    send: async notice => {
      sent.push(notice.id);
      await take(notice);
    },
    nowMs: () => clock.ms,
    log: (...entry) => void logged.push(entry),
  };
  const add = (n: number): Promise<void> =>
    notices.add(
      noticeOf(
        { id: uuid(n), subject: `notice ${n}`, message: { n } },
        uuid(n),
        instantOfMilliseconds(clock.ms),
      ),
    );
  const keys = async () => (await collect(state.list(noticesPrefix))).map(({ key }) => key);
  /** Runs at each moment that a notice is due at, until none is left. */
  const runUntilQuiet = async (): Promise<void> => {
    for (;;) {
      const { nextDue } = await deliverNotices(world);
      if (nextDue === undefined) return;
      clock.ms = Math.max(clock.ms, Date.parse(nextDue));
    }
  };
  return { state, notices, world, clock, sent, logged, add, keys, runUntilQuiet };
};
/** The state with some of its methods changed. */
const changed = (state: Objects, change: Partial<Objects>): Objects =>
  new Proxy(state, {
    get: (target, name: keyof Objects) => {
      const member = change[name] ?? target[name];
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
const refuse = (): never => {
  throw new Error('it answered 503');
};

describe('a notice', () => {
  it('is delivered once, and nothing of it is left', async () => {
    const { world, sent, add, keys } = await open();
    await add(1);
    expect(await deliverNotices(world)).toEqual({ failures: [], nextDue: undefined });
    await deliverNotices(world);
    expect(sent).toEqual([uuid(1)]);
    expect(await keys()).toEqual([]);
  });

  it('that is kept twice, as after a crash, is one, also while it waits for its next try', async () => {
    const { world, clock, sent, add, keys, notices } = await open(refuse);
    await add(1);
    await deliverNotices(world);
    const waiting = (await notices.waiting(uuid(1)))!.notice;
    await add(1);
    await deliverNotices(world);
    expect(sent).toEqual([uuid(1)]);
    expect((await notices.waiting(uuid(1)))!.notice).toEqual(waiting);
    clock.ms += 1000;
    await deliverNotices({ ...world, send: async () => undefined });
    expect(await keys()).toEqual([]);
  });

  it('reaches a receiver that was away for longer than a minute, and is no longer tried then', async () => {
    let isAway = true;
    const { sent, add, clock, runUntilQuiet, keys } = await open(() => isAway && refuse());
    await add(1);
    const back = startMs + 70_000;
    Object.defineProperty(clock, 'ms', {
      get: () => now,
      set: (ms: number) => {
        now = ms;
        isAway = ms < back;
      },
    });
    let now = startMs;
    await runUntilQuiet();
    expect(sent.length).toBeGreaterThan(5);
    expect(now).toBeLessThan(startMs + 140_000);
    expect(await keys()).toEqual([]);
  });

  it('that is not taken for a day is undelivered: kept, counted, logged, and no longer tried', async () => {
    const { sent, add, clock, runUntilQuiet, keys, notices, logged, world } = await open(refuse);
    await add(1);
    await runUntilQuiet();
    expect(clock.ms - startMs).toBeGreaterThanOrEqual(day);
    expect(await keys()).toEqual([undeliveredNoticeKey(uuid(1))]);
    expect(await notices.countUndelivered()).toBe(1);
    expect(logged.at(-1)).toMatchObject([
      'error',
      expect.stringContaining('no longer tried'),
      { notice_id: uuid(1) },
    ]);
    const tries = sent.length;
    clock.ms += 10 * day;
    await deliverNotices(world);
    expect(sent).toHaveLength(tries);
    expect((await notices.page(10, undefined)).notices).toMatchObject([
      { attempts: tries, last_reason: 'it answered 503' },
    ]);
  });

  it('that was given up is delivered after the operator had it tried again', async () => {
    let isAway = true;
    const { add, clock, runUntilQuiet, keys, notices, world } = await open(() => isAway && refuse());
    await add(1);
    await runUntilQuiet();
    isAway = false;
    const given = (await notices.get(uuid(1))) as Notice;
    await notices.tryAgain({ ...given, attempts: 0, next_attempt_at: instantOfMilliseconds(clock.ms) });
    expect(await notices.countUndelivered()).toBe(0);
    await deliverNotices(world);
    expect(await keys()).toEqual([]);
  });

  it.each(['after it was taken', 'after its next try was noted', 'after it was given up'])(
    'survives a crash %s: it comes again under its id, or waits for its next try',
    async moment => {
      const { world, sent, add, clock, state, notices, keys, runUntilQuiet } = await open();
      await add(1);
      const crash = (): never => {
        throw new Error('crash');
      };
      const dying = changed(state, { delete: crash });
      const send = moment === 'after it was taken' ? world.send : async () => refuse();
      if (moment === 'after it was given up') {
        await deliverNotices({ ...world, send });
        clock.ms += day;
      }
      const { failures } = await deliverNotices({ ...world, send, notices: new Notices(dying) });
      expect(failures).toMatchObject([{ message: 'crash' }]);
      sent.splice(0);
      await runUntilQuiet();
      expect(sent).toEqual([uuid(1)]);
      expect(await notices.countUndelivered()).toBe(0);
      clock.ms += 2 * day;
      await deliverNotices(world);
      expect(await keys()).toEqual([]);
    },
  );

  it('is due as before if its try was ended by a stop', async () => {
    const ending = new AbortController();
    const { world, add, notices } = await open(() => {
      ending.abort();
      refuse();
    });
    await add(1);
    await add(2);
    await deliverNotices(world, ending.signal);
    for (const n of [1, 2]) expect((await notices.waiting(uuid(n)))!.notice).toMatchObject({ attempts: 0 });
  });

  it('is tried again though somebody else looks at it at the very moment', async () => {
    const { world, clock, notices, add, sent, keys, state } = await open();
    await add(1);
    const read = (await notices.waiting(uuid(1)))!;
    await notices.forget({ due: read.notice.next_attempt_at!, id: uuid(1) });
    clock.ms += 5000;
    const next = { ...read.notice, attempts: 1, next_attempt_at: instantOfMilliseconds(clock.ms) };
    // Between the entry of the index and the notice another run sees the entry, which is not yet the
    // notice's, and drops it.
    const racing = changed(state, {
      replace: async (...all: Parameters<typeof state.replace>) => {
        await deliverNotices(world);
        return state.replace(...all);
      },
    });
    await new Notices(racing).postpone(read, next);
    expect(sent).toEqual([]);
    await deliverNotices(world);
    expect(sent).toEqual([uuid(1)]);
    expect(await keys()).toEqual([]);
  });

  it('is tried though its entry of the index was old before it was kept, and dropped at that very moment', async () => {
    const { world, clock, sent, keys, state } = await open();
    const racing = changed(state, {
      create: async (...all) => {
        if (all[0] === waitingNoticeKey(uuid(1))) await deliverNotices(world);
        return state.create(...all);
      },
    });
    const notice = noticeOf(
      { id: uuid(1), subject: 's', message: {} },
      uuid(1),
      instantOfMilliseconds(clock.ms - 2 * 3_600_000),
    );
    await new Notices(racing).add(notice);
    await deliverNotices(world);
    expect(sent).toEqual([uuid(1)]);
    expect(await keys()).toEqual([]);
  });

  it('that cannot be read stops no other, and is reported', async () => {
    const { world, state, add, sent, notices } = await open();
    await add(1);
    await add(2);
    await state.delete(waitingNoticeKey(uuid(1)));
    await state.create(waitingNoticeKey(uuid(1)), Buffer.from('nonsense'));
    const { failures } = await deliverNotices(world);
    expect(failures).toMatchObject([
      {
        message: expect.stringMatching(
          /waiting\/0{8}.*\.json cannot be read: it is not JSON\. .*notices dismiss/,
        ),
      },
    ]);
    expect(sent).toEqual([uuid(2)]);
    expect(await notices.page(10, undefined)).toMatchObject({ notices: [], unreadable: [{}] });
    const call = { event: { pathParameters: { id: uuid(1) } } } as unknown as Call;
    await expect(retryNotice(world, call)).rejects.toThrow('cannot be read');
    expect((await dismissNotice(world, call)).statusCode).toBe(204);
    expect(await deliverNotices(world)).toMatchObject({ failures: [] });
  });

  it('that is never taken stops no other', async () => {
    const { world, add, sent, keys } = await open(({ id }) => id === uuid(2) && refuse());
    for (const n of [1, 2, 3]) await add(n);
    await deliverNotices(world);
    expect(sent.sort()).toEqual([1, 2, 3].map(uuid));
    expect((await keys()).filter(key => !key.startsWith(noticesDuePrefix))).toEqual([
      waitingNoticeKey(uuid(2)),
    ]);
  });

  it('is one of a hundred at most in a run; the others are due in the next', async () => {
    const { world, add, sent } = await open();
    for (let n = 0; n < 130; n++) await add(n);
    const { nextDue } = await deliverNotices(world);
    expect(sent).toHaveLength(100);
    expect(nextDue).toBe(instantOfMilliseconds(startMs));
    await deliverNotices(world);
    expect(new Set(sent).size).toBe(130);
  });
});

describe('the list of notices', () => {
  it('has pages: those given up, then those that wait', async () => {
    const { notices, add, runUntilQuiet } = await open(refuse);
    for (const n of [1, 2, 3]) await add(n);
    await runUntilQuiet();
    for (const n of [4, 5]) await add(n);
    const seen: [string, boolean][] = [];
    let cursor: string | undefined;
    do {
      const page = await notices.page(2, cursor);
      if (page.cursor !== undefined) expect(isNoticeCursor(page.cursor), page.cursor).toBe(true);
      expect(page.notices.length).toBeLessThanOrEqual(2);
      seen.push(
        ...page.notices.map(({ id, next_attempt_at }): [string, boolean] => [id, next_attempt_at === null]),
      );
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([
      [uuid(1), true],
      [uuid(2), true],
      [uuid(3), true],
      [uuid(4), false],
      [uuid(5), false],
    ]);
  });
});

it('keeps a notice about a delivery unless nobody is told, and names the delivery if it is not taken', async () => {
  const { notices, logged, runUntilQuiet } = await open(() => Promise.reject(new Error('it answered 500')));
  const at = instantOfMilliseconds(startMs);
  const told = {
    notification: {
      id: uuid(9),
      subject: 'the delivery siem is failing',
      message: { event: 'delivery.failing' },
    },
    about: { scope_id: 'acme', id: 'siem' },
    since: at,
    isBad: true,
  };
  await recordDeliveryNotice({ notices, events: 'none' }, told);
  expect(await notices.get(uuid(9))).toBeUndefined();
  await recordDeliveryNotice({ notices, events: 'schedules' }, told);
  await recordDeliveryNotice({ notices, events: 'schedules' }, told);
  expect(await notices.get(uuid(9))).toMatchObject({ export_id: null, delivery: told.about, since: at });
  await runUntilQuiet();
  expect(logged.at(-1)).toEqual([
    'error',
    'A notice was not delivered within a day, and is no longer tried',
    { notice_id: uuid(9), delivery_id: 'siem', reason: 'it answered 500' },
  ]);
});
