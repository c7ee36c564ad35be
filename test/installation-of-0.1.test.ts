/**
 * An installation that version 0.1.0 made: 3,246 events in five scopes, with copies, a conflict, a reused id,
 * late rows and objects of many gzip members, two admins, a paused schedule with one run, and three exports.
 * What it holds stays readable for good, and its exports stay the same to the byte: the hashes are those of
 * the CSVs that 0.1.0 itself gave.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { anId, eventText } from '#test/support/builders.ts';
import { movableClock } from '#test/support/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** Later than all that the installation holds of its own time. */
const to = '2026-11-25T21:45:00Z';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const startInstallationOf01 = async (options: { compactMs?: number } = {}) => {
  const data = await temporaryDirectory();
  execFileSync('tar', ['xzf', join(import.meta.dirname, 'fixtures', 'installation-0.1.tgz'), '-C', data]);
  return startServer({ data, ...options });
};

describe('an installation that version 0.1.0 made', () => {
  it('exports the same bytes as then, of one scope and of all', async () => {
    const { exportLog } = await startInstallationOf01();
    const acme = await exportLog({ to }, 'operator');
    expect(sha256(acme.csv)).toBe('0519edeae49d69a3cbe14149edf127a8f82a1330aa0259e41a68de507d19445d');
    expect(acme.whole).toMatchObject({ rows: 734, duplicates: 0, conflicts: 0, gaps: 0 });
    const all = await exportLog({ scope_id: undefined, to }, 'operator');
    expect(sha256(all.csv)).toBe('3fee0c4bcc71dd3eca0e4037df21bd484d0a39eee93296dbc729c0531d01e77b');
    expect(all.whole).toMatchObject({ rows: 3255, duplicates: 6, conflicts: 1, reused_ids: 1, gaps: 0 });
  });

  it('is compacted, and exports the same bytes then', async () => {
    const clock = movableClock();
    const { exportLog, call, data } = await startInstallationOf01({ compactMs: 200 });
    // The watermark has to pass the day, and then to stand past it for six minutes.
    await eventually(async () => {
      clock.aheadMs += 7 * 60_000;
      const health = (await (await call(undefined, '/healthz')).json()) as { compacted_to: string };
      expect(health.compacted_to >= '2026-11-25').toBe(true);
    });
    const { csv } = await exportLog({ scope_id: undefined, to }, 'operator');
    expect(sha256(csv)).toBe('3fee0c4bcc71dd3eca0e4037df21bd484d0a39eee93296dbc729c0531d01e77b');
    const check = await annals(['check', '--data', data, '--json']);
    expect(JSON.parse(check.out)).toMatchObject({ is_whole: true, findings: {} });
  });

  it('takes new events beside the old ones, and finds the copies of old ones', async () => {
    const { exportLog, post } = await startInstallationOf01();
    const before = await exportLog({ to }, 'operator');
    const { id, occurred_at, actor, target, payload, metadata, action, success, request } = before.rows[0]!;
    const copy = {
      id,
      occurred_at,
      action,
      success: success === 'true',
      actor: JSON.parse(actor),
      target: JSON.parse(target),
      payload: JSON.parse(payload),
      metadata: JSON.parse(metadata),
      scope: { id: 'acme', type: 'account' },
      ...(request === '' ? {} : { request: JSON.parse(request) }),
    };
    expect((await post(JSON.stringify(copy))).status).toBe(202);
    expect((await post(eventText())).status).toBe(202);
    const after = await exportLog({}, 'operator');
    expect(after.rows.filter(row => row.id === id)).toHaveLength(1);
    expect(after.rows.filter(row => row.id === anId)).toHaveLength(1);
    expect(after.whole.duplicates).toBe(before.whole.duplicates + 1);
  });

  it('still knows its admins, its schedule and its exports', async () => {
    const { call } = await startInstallationOf01();
    const read = async (path: string) => (await call('operator', path)).json();
    expect(await read('/v1/scopes/acme/admins')).toMatchObject({ admins: [{ user_id: 'u-17' }] });
    expect(await read('/v1/scopes/acme/schedules/weekly')).toMatchObject({ every: 'daily', paused: true });
    expect(await read('/v1/scopes/acme/schedules/weekly/runs')).toMatchObject({
      runs: [{ n: 1, status: 'succeeded', rows: 728 }],
    });
    const { exports } = (await read('/v1/exports?scope_id=acme')) as { exports: object[] };
    expect(exports).toMatchObject([
      { status: 'succeeded', rows: 732 },
      { status: 'succeeded', rows: 728 },
    ]);
  });
});
