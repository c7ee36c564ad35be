import { describe, expect, it } from 'vitest';
import { Compactions } from '#aws/state/compactions.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Notices } from '#aws/state/notices.ts';
import { UnreadableRecord } from '#aws/state/record.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import { bucketName } from '#domain/archive/bucket.ts';
import { quarantineKey } from '#domain/archive/layout.ts';
import { type HealthProblem, healthProblem } from '#domain/health.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { type HealthWorld, healthOf, maxLagMs } from '#functions/http/health.ts';
import { openBuckets } from '#test/support/world.ts';

const noon = Date.parse('2026-11-25T12:00:00Z');

const open = async (change: Partial<HealthWorld> & { filedMs?: number | undefined } = {}) => {
  const { state, aside } = await openBuckets();
  const filedMs = 'filedMs' in change ? change.filedMs : noon;
  const filed = filedMs === undefined ? {} : { [bucketName(0)]: instantOfMilliseconds(filedMs) };
  const logged: string[] = [];
  const world: HealthWorld = {
    watermarks: { all: async () => [{ sequence: '1', filed }] } as unknown as Watermarks,
    gaps: new Gaps(aside, state, 1),
    notices: new Notices(state),
    compactions: new Compactions(state),
    buckets: 1,
    nowMs: () => noon,
    log: (_, message) => void logged.push(message),
    ...change,
  };
  const health = healthOf(world);
  const ask = async () => {
    const { statusCode, body } = await health();
    return {
      statusCode,
      ...(JSON.parse(body) as { status: string; code?: string; problems?: HealthProblem[] }),
    };
  };
  const codes = async () => {
    const { statusCode, status, problems = [] } = await ask();
    return [statusCode, status, ...problems.map(({ code }) => code)];
  };
  return { world, ask, codes, state, aside, logged };
};

describe('the health of a log', () => {
  it('is ok if all that came is filed, and says up to when', async () => {
    const { ask, world, state } = await open();
    const ok = { statusCode: 200, status: 'ok', complete_to: instantOfMilliseconds(noon) };
    expect(await ask()).toEqual({ ...ok, compacted_to: null });
    await new Compactions(state).putLeast('2026-11-23');
    expect(JSON.parse((await healthOf(world)()).body)).toMatchObject({ compacted_to: '2026-11-23' });
  });

  it('is degraded if filing stands still for longer than a few heartbeats', async () => {
    expect(await (await open({ filedMs: noon - maxLagMs })).codes()).toEqual([200, 'ok']);
    expect(await (await open({ filedMs: noon - maxLagMs - 1 })).codes()).toEqual([
      200,
      'degraded',
      'filing_behind',
    ]);
  });

  it('does not count the time for which the process was away', async () => {
    const startedMs = noon - 1000;
    expect(await (await open({ filedMs: noon - 10 * maxLagMs, startedMs })).codes()).toEqual([200, 'ok']);
    expect(
      await (await open({ filedMs: noon - 10 * maxLagMs, startedMs: noon - 2 * maxLagMs })).codes(),
    ).toEqual([200, 'degraded', 'filing_behind']);
  });

  it('is degraded if nothing was ever filed since the start, and ok while that is unknown', async () => {
    expect(await (await open({ filedMs: undefined })).codes()).toEqual([200, 'ok']);
    expect(await (await open({ filedMs: undefined, startedMs: noon - 1000 })).codes()).toEqual([200, 'ok']);
    expect(await (await open({ filedMs: undefined, startedMs: noon - 2 * maxLagMs })).codes()).toEqual([
      200,
      'degraded',
      'filing_behind',
    ]);
  });

  it('is degraded while a gap is open, and counts up to a hundred of them', async () => {
    const { world, aside, ask, codes } = await open();
    const gap = (n: number) =>
      quarantineKey({
        bucket: 0,
        filedAt: instantOfMilliseconds(noon + n),
        stream: 'annals',
        shard: 'shard',
        sequence: String(n),
        line: undefined,
      });
    await aside.create(gap(0), Buffer.from('{}'));
    expect(await codes()).toEqual([200, 'degraded', 'open_gaps']);
    for (let n = 1; n <= 100; n++) await aside.create(gap(n), Buffer.from('{}'));
    expect(JSON.parse((await healthOf(world)()).body)).toMatchObject({
      problems: [{ code: 'open_gaps', message: expect.stringContaining(': 100 or more; ') }],
    });
    expect((await ask()).problems).toHaveLength(1);
  });

  it('is degraded by a damaged watermark, whose file the log names', async () => {
    const watermarks = {
      all: async () => {
        throw new UnreadableRecord('/data/w.json', 'it is empty', 'Restore it');
      },
    } as unknown as Watermarks;
    const { codes, logged } = await open({ watermarks });
    expect(await codes()).toEqual([200, 'degraded', 'state_unreadable']);
    expect(logged).toEqual(['A record is damaged']);
  });

  it('is a problem of 503 if the state cannot be read at all', async () => {
    const watermarks = { all: () => Promise.reject(new Error('S3 is away')) } as unknown as Watermarks;
    const { ask } = await open({ watermarks });
    expect(await ask()).toMatchObject({ statusCode: 503, code: 'state_unavailable' });
  });

  it.each(['disk_full', 'disk_read_only', 'disk_failing', 'stream_broken'] as const)(
    'is 503 if events cannot be taken: %s',
    async code => {
      const { codes } = await open({ localProblems: async () => [healthProblem(code)] });
      expect(await codes()).toEqual([503, 'degraded', code]);
    },
  );

  it('is checked once for all concurrent callers', async () => {
    let looks = 0;
    const localProblems = async () => {
      looks += 1;
      return [];
    };
    const { ask } = await open({ localProblems });
    await Promise.all([ask(), ask(), ask()]);
    expect(looks).toBe(1);
  });
});
