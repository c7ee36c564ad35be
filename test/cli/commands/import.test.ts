import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { realRecords } from '#test/support/real-records.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const command = join(import.meta.dirname, '..', '..', '..', 'cli', 'annals.js');
/** How often an import is killed: more by `ANNALS_KILLS=10 npx vitest run test/cli/commands/import.test.ts`. */
const kills = Number(process.env.ANNALS_KILLS ?? 2);

const fileOf = async (content: string): Promise<string> => {
  const path = join(await temporaryDirectory(), 'file');
  writeFileSync(path, content);
  return path;
};
const github = (n: number): string =>
  JSON.stringify({ '@timestamp': 1_600_000_000_000 + n, action: 'repo.create', actor: 'm', org: 'o', n });
const asOf = ['--as-of', '2026-07-01'];

describe('annals import', () => {
  it('brings every record once, however often it is run, and in the scope that is given', async () => {
    const { data, exportLog } = await startServer();
    const path = await fileOf([1, 2, 3].map(github).join('\n'));
    const args = ['import', path, ...asOf, '--scope', 'acme', '--data', data, '--json'];
    for (let run = 0; run < 2; run++) {
      const { code, out } = await annals(args);
      expect([code, JSON.parse(out)]).toMatchObject([0, { accepted: 3, refused: [] }]);
    }
    const { rows, job } = await exportLog();
    expect(rows.map(({ payload }) => (JSON.parse(payload) as { n: number }).n)).toEqual([1, 2, 3]);
    expect(rows.map(({ metadata }) => metadata)).toEqual(Array(3).fill('{"imported_from":"github"}'));
    expect(job).toMatchObject({ duplicates: 3, conflicts: 0 });
  });

  it("brings CloudTrail's records of an account, and an export of Annals as CSV", async () => {
    const first = await startServer();
    const records = await fileOf(`{"Records":[${realRecords('AWS').join(',')}]}`);
    const { code } = await annals(['import', records, ...asOf, '--data', first.data]);
    expect(code).toBe(0);
    const { csv, rows } = await first.exportLog({ scope_id: '1111111111' });
    expect(rows.length).toBeGreaterThan(8);
    const second = await startServer();
    const moved = await annals(['import', await fileOf(csv), ...asOf, '--data', second.data, '--json']);
    // What Annals records about itself is not imported.
    expect(JSON.parse(moved.out)).toMatchObject({ accepted: rows.length, refusals: { reserved_action: {} } });
    const again = await second.exportLog({ scope_id: '1111111111' });
    expect(again.rows).toEqual(rows);
  });

  it('writes refused records with line and reason to a file, and imports the others', async () => {
    const { data, exportLog } = await startServer();
    const path = await fileOf(`${github(1)}\n{"@timestamp":"x","action":"a.b","actor":"m"}\n{\n${github(2)}`);
    const kept = join(await temporaryDirectory(), 'rejected.ndjson');
    const { code, err } = await annals(['import', path, ...asOf, '--rejected', kept, '--data', data]);
    expect(code).toBe(1);
    expect(err).toContain(`2 lines were refused; ${kept} has the reasons; import the corrected file again`);
    const lines = readFileSync(kept, 'utf8').trim().split('\n');
    expect(lines.map(line => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ line: 2, code: 'invalid_timestamp', path: '/occurred_at' }),
      { line: 3, code: 'invalid_record', path: '', message: 'The record is not JSON', record: '{' },
    ]);
    expect((await exportLog({ scope_id: 'o' })).rows).toHaveLength(2);
  });

  it('refuses the future, a wrong format and a wrong mapping before it sends anything', async () => {
    const path = await fileOf(github(1));
    const run = async (...args: string[]) => {
      const { code, err } = await annals(['import', path, '--data', '/nowhere/at/all', ...args]);
      return [code, err];
    };
    expect(await run()).toEqual([2, expect.stringContaining('--as-of')]);
    expect(await run('--as-of', '2999-01-01')).toEqual([2, expect.stringContaining('in the past')]);
    expect(await run('--as-of', 'x')).toEqual([2, expect.stringContaining('Expected a time')]);
    expect(await run(...asOf, '--format', 'csv')).toEqual([2, expect.stringContaining('needs --mapping')]);
    expect(await run(...asOf, '--mapping', path)).toEqual([2, expect.stringContaining('--mapping')]);
    expect(await run(...asOf, '--scope', '')).toEqual([2, expect.stringContaining('1 to 256 characters')]);
    expect(await run(...asOf)).toEqual([3, expect.stringContaining('No server is running')]);
  });

  it(`killed ${kills} times at any moment and run again, brings each event once`, {
    timeout: 120_000 + kills * 30_000,
  }, async () => {
    const { url, keys, exportLog } = await startServer();
    const events = 30_000;
    const path = await fileOf(Array.from({ length: events }, (_, n) => github(n)).join('\n'));
    /** Kills the import at its nth request: before the server has it, or before its answer is read. */
    let kill: ((isTaken: boolean) => boolean) | undefined;
    const proxy = createServer(async (request, response) => {
      const { method = '', headers, url: target = '' } = request;
      const body = await buffer(request);
      if (kill?.(false)) return;
      const { authorization = '', 'content-type': type = '' } = headers;
      const answer = await fetch(`${url}${target}`, {
        method,
        body,
        headers: { authorization, 'content-type': type },
      });
      const text = await answer.text();
      if (!kill?.(true)) response.writeHead(answer.status).end(text);
    });
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const server = ['--url', `http://127.0.0.1:${port}`, '--token', keys.operator];
    const args = [command, 'import', path, ...asOf, ...server, '--json'];
    const run = () => spawn(process.execPath, args, { stdio: 'ignore' });
    for (let round = 0; round < kills; round++) {
      const child = run();
      let left = Math.floor(Math.random() * 7);
      kill = () => left-- <= 0 && child.kill('SIGKILL');
      await once(child, 'exit');
    }
    kill = undefined;
    const [code] = (await once(run(), 'exit')) as [number];
    expect(code).toBe(0);
    const { rows, job } = await exportLog({ scope_id: 'o' });
    const numbers = rows.map(({ payload }) => (JSON.parse(payload) as { n: number }).n);
    expect(numbers).toHaveLength(events);
    expect(new Set(numbers).size).toBe(events);
    expect(job).toMatchObject({ conflicts: 0, gaps: 0 });
    process.stdout.write(`${kills} kills of an import: ${job.duplicates} duplicates dropped\n`);
  });
});
