import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => eventText({ id: uuid(from + n) })).join('\n');

/** A server whose events are filed; and the folder of the ledger's objects of their scope. */
const filled = async () => {
  const { data, post, exportLog, stop } = await startServer();
  for (const from of [0, 100]) {
    await post(events(from, 50), 'application/x-ndjson');
    await exportLog();
  }
  const ledger = join(data, 'buckets', 'ledger', 'events');
  const objects = () =>
    readdirSync(ledger, { recursive: true, encoding: 'utf8' })
      .filter(name => name.includes('bucket=26') && name.endsWith('.json.gz'))
      .map(name => join(ledger, name));
  return { data, stop, objects, ledger };
};

describe('annals check', () => {
  it('finds nothing in a ledger that is whole, while the server runs and after', async () => {
    const { data, stop } = await filled();
    const running = await annals(['check', '--data', data]);
    expect(running).toMatchObject({ code: 0 });
    expect(running.out).toMatch(
      /^\d+ objects \([\d.]+ [KM]B\) in 32 buckets hold \d+ rows; the last was filed at .* UTC\n/,
    );
    expect(running.out).toContain('No faults found');
    await stop();
    const stopped = await annals(['check', '--data', data, '--json']);
    expect(stopped).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(stopped.out)).toMatchObject({ is_whole: true, findings: {}, buckets: 32 });
  });

  it('says which bucket lacks how many rows if objects were deleted, and ends with 1', async () => {
    const { data, stop, objects } = await filled();
    await stop();
    const before = JSON.parse((await annals(['check', '--data', data, '--json'])).out) as { rows: number };
    for (const path of objects()) rmSync(path);
    const { code, out, err } = await annals(['check', '--data', data]);
    expect(code).toBe(1);
    expect(out).toContain('missing rows (1): rows that were filed are gone');
    const [, lacking] = /bucket 26 lacks (\d+) rows that were filed/.exec(out)!;
    expect(err).toContain('The ledger has faults');
    const json = await annals(['check', '--data', data, '--json']);
    expect(json.code).toBe(1);
    const report = JSON.parse(json.out) as { rows: number };
    expect(report).toMatchObject({ is_whole: false, findings: { missing_rows: { count: 1 } } });
    expect(before.rows - report.rows).toBe(Number(lacking));
  });

  it('names damaged and foreign objects in full, in lines of at most 100 characters, safe for a terminal', async () => {
    const { data, stop, objects, ledger } = await filled();
    await stop();
    const [path] = objects();
    writeFileSync(path!, 'x');
    writeFileSync(join(ledger, 'evil\u001b[31m'), '');
    const { code, out } = await annals(['check', '--data', data]);
    expect(code).toBe(1);
    expect(out.replaceAll('\n', '')).toContain(path!.slice(path!.indexOf('events/')));
    expect(out).toContain('damaged object (1)');
    expect(out).toContain('events/evil\\u001b[31m');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('takes an installation of 0.1.0 as it is, and says what it cannot check', async () => {
    const data = await temporaryDirectory();
    const fixture = join(import.meta.dirname, '..', '..', 'fixtures', 'installation-0.1.tgz');
    execFileSync('tar', ['xzf', fixture, '-C', data]);
    const old = await annals(['check', '--data', data, '--json']);
    expect(old.code).toBe(0);
    expect(JSON.parse(old.out)).toMatchObject({
      rows: 3261,
      findings: {},
      notes: { old_members: { count: 5 }, not_counted: { count: 2 } },
    });
    // Counting begins with the first batch.
    const { stop } = await startServer({ data });
    await eventually(async () => {
      const now = await annals(['check', '--data', data, '--json']);
      expect(now.code).toBe(0);
      expect(JSON.parse(now.out)).not.toHaveProperty('notes.not_counted');
    });
    await stop();
  });

  it('ends with 3 if it cannot tell: no installation, or a record that cannot be read', async () => {
    const data = await temporaryDirectory();
    const nothing = await annals(['check', '--data', data]);
    expect(nothing).toMatchObject({ code: 3, out: '' });
    expect(nothing.err).toMatch(/There is no installation: .*installation\.json is not there/);
    mkdirSync(join(data, 'buckets', 'state'), { recursive: true });
    writeFileSync(join(data, 'buckets', 'state', 'installation.json'), '{');
    const damaged = await annals(['check', '--data', data]);
    expect(damaged.code).toBe(3);
    expect(damaged.err).toMatch(/installation\.json cannot be read/);
    expect(readdirSync(data), 'nothing is made').toEqual(['buckets']);
    expect(await annals(['--stack', 'Annals', 'check', '--data', data])).toMatchObject({ code: 2 });
  });
});
