import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startInstallation } from '#embedded/installation.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { filesNothing, startServer } from '#test/support/server.ts';
import { startStack } from '#test/support/stack-stand-in.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const command = join(import.meta.dirname, '..', '..', '..', 'cli', 'annals.js');
/** How often a move is killed: more by `ANNALS_KILLS=10 npx vitest run test/cli/commands/move.test.ts`. */
const kills = Number(process.env.ANNALS_KILLS ?? 2);

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const eventsOf = (scopes: number, each: number): string[] =>
  Array.from({ length: scopes * each }, (_, n) =>
    eventText({ id: id(n), scope: { id: `s-${n % scopes}`, type: 'account' } }),
  );

/** An installation with some events, admins and schedules, which has stopped. */
const oldInstallation = async (scopes = 5, each = 3) => {
  const server = await startServer();
  await server.post(`[${eventsOf(scopes, each).join()}]`);
  await server.admin('s-1', 'u-1');
  await server.call('support', '/v1/scopes/s-1/schedules/daily', {
    method: 'PUT',
    body: JSON.stringify({
      every: 'daily',
      at: '06:00',
      time_zone: 'UTC',
      requested_by: 'u-1',
      reason: 'test',
    }),
  });
  const { csv } = await server.exportLog({ scope_id: 's-2' }, 'operator');
  // Acknowledged, and perhaps not filed when the server stops.
  await server.post(eventText({ id: id(9999), scope: { id: 's-3', type: 'account' } }));
  await server.stop();
  return { data: server.data, csv };
};
/** The rows of a CSV without what Annals records about itself. */
const sent = (csv: string): string =>
  csv
    .split('\n')
    .filter(line => !line.includes('"audit_log.'))
    .join('\n');

describe('annals move', () => {
  it('carries everything to a stack, whose exports are equal to the byte, and then forwards', async () => {
    const { data, csv } = await oldInstallation();
    const stack = await startStack();
    const args = ['--stack', 'Annals', 'move', '--data', data, '--json'];
    const moved = await annals(args, '', stack.environment);
    expect([moved.code, moved.err]).toEqual([0, '']);
    const told = JSON.parse(moved.out) as { installation: string; days: { objects: number }[] };
    expect(told.days.length).toBeGreaterThan(0);
    const record = JSON.parse(
      readFileSync(join(stack.data, 'buckets/state/installation.json'), 'utf8'),
    ) as object;
    expect(record).toMatchObject({ id: told.installation, filed_from: expect.stringContaining('T') });

    const after = await stack.exportLog({ scope_id: 's-2' }, 'operator');
    expect(sent(after.csv)).toBe(sent(csv));
    expect((await stack.exportLog({ scope_id: 's-3' }, 'operator')).rows.map(row => row.id)).toContain(
      id(9999),
    );
    const admins = await stack.call('operator', '/v1/scopes/s-1/admins');
    expect(await admins.json()).toMatchObject({ admins: [{ user_id: 'u-1' }] });
    const schedules = await stack.call('operator', '/v1/scopes/s-1/schedules');
    expect(await schedules.json()).toMatchObject({ schedules: [{ id: 'daily', every: 'daily' }] });

    const again = await annals(args, '', stack.environment);
    expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { already_moved: true }]);
    await expect(startInstallation({ data, log: () => undefined })).rejects.toThrow(
      'has moved to the stack "Annals"',
    );
    const elsewhere = await annals(['--stack', 'Other', 'move', '--data', data], '', stack.environment);
    expect(elsewhere.code).toBe(2);

    const env = { ...process.env, ...stack.environment };
    const child = spawn(process.execPath, [command, 'start', '--data', data, '--port', '0'], { env });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    while (!out.includes('forwards events')) await once(child.stdout, 'data');
    const sending = await annals(['send', '-', '--data', data, '--json'], `${eventText({ id: id(777) })}\n`);
    expect(JSON.parse(sending.out)).toEqual({ accepted: 1, refused: [] });
    expect((await stack.exportLog()).rows.map(row => row.id)).toContain(id(777));
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('comes back to a new folder, with everything', async () => {
    const stack = await startStack();
    await stack.post(`[${eventsOf(4, 3).join()}]`);
    await stack.admin('s-1', 'u-1');
    const { csv } = await stack.exportLog({ scope_id: 's-1' }, 'operator');
    const data = join(await temporaryDirectory(), 'back');
    const args = ['--stack', 'Annals', 'move', '--back', '--data', data, '--json'];
    const moved = await annals(args, '', stack.environment);
    expect([moved.code, moved.err]).toEqual([0, '']);
    await stack.stop();
    const server = await startServer({ data });
    expect(sent((await server.exportLog({ scope_id: 's-1' }, 'operator')).csv)).toBe(sent(csv));
    expect(await (await server.call('operator', '/v1/scopes/s-1/admins')).json()).toMatchObject({
      admins: [{ user_id: 'u-1' }],
    });
    expect(await (await server.call('operator', '/v1/gaps')).json()).toMatchObject({ gaps: [] });
  });

  it('refuses what it cannot move, before it changes anything', async () => {
    const { data } = await oldInstallation();
    const stack = await startStack();
    const move = (folder: string, name = 'Annals') =>
      annals(['--stack', name, 'move', '--data', folder], '', stack.environment);
    expect(await annals(['move', '--data', data])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--stack'),
    });
    const empty = await temporaryDirectory();
    expect(await move(empty)).toMatchObject({
      code: 2,
      err: expect.stringContaining('not a data directory'),
    });
    expect(await move(data, 'Nothing')).toMatchObject({ code: 2, err: expect.stringContaining('"Nothing"') });
    const running = await startServer({ data });
    expect(await move(data)).toMatchObject({ code: 1, err: expect.stringContaining('Another process uses') });
    await running.stop();
    await stack.admin('s-1', 'u-1');
    const used = await move(data);
    expect(used).toMatchObject({ code: 1, err: expect.stringContaining('is in use') });
    const server = await startServer({ data });
    expect((await server.exportLog({ scope_id: 's-2' }, 'operator')).rows).toHaveLength(3);
  });

  it('refuses while exports are open', async () => {
    const old = await startServer(filesNothing);
    await old.ask({ scope_id: 's-1', requested_by: 'u', reason: 'test' });
    await old.stop();
    const stack = await startStack();
    const { code, err } = await annals(
      ['--stack', 'Annals', 'move', '--data', old.data],
      '',
      stack.environment,
    );
    expect([code, err]).toEqual([1, expect.stringContaining('is not finished')]);
  });

  it(`killed ${kills} times at any moment and run again, loses and doubles nothing`, {
    timeout: 120_000 + kills * 60_000,
  }, async () => {
    const { data, csv } = await oldInstallation(40, 5);
    const stack = await startStack();
    const args = [command, '--stack', 'Annals', 'move', '--data', data, '--json'];
    const env = { ...process.env, ...stack.environment };
    let calls = 150;
    for (let round = 0; round < kills; round++) {
      const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
      let left = Math.floor(Math.random() * calls);
      let made = 0;
      stack.watch(() => {
        made++;
        if (left-- === 0) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      // If it ended first, the next is killed earlier.
      calls = Math.max(20, Math.min(calls, made));
    }
    stack.watch(() => undefined);
    const last = await annals(args.slice(1), '', stack.environment);
    expect([last.code, last.err]).toEqual([0, '']);
    const { rows, job } = await stack.exportLog({ scope_id: undefined }, 'operator');
    expect(rows.map(row => row.id).sort()).toEqual(
      [...Array.from({ length: 200 }, (_, n) => id(n)), id(9999)].sort(),
    );
    expect(job).toMatchObject({ duplicates: 0, conflicts: 0, gaps: 0 });
    expect(sent((await stack.exportLog({ scope_id: 's-2' }, 'operator')).csv)).toBe(sent(csv));
  });
});
