import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/temporary.ts';

const root = join(import.meta.dirname, '..');

/** A report as Vitest writes it: files by how their tests ended; a file without tests could not be run. */
const reportOf = (...files: ('passed' | 'failed')[][]) => {
  const count = (status: string) => files.flat().filter(one => one === status).length;
  return JSON.stringify({
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    testResults: files.map(tests => ({
      status: tests.length === 0 || tests.includes('failed') ? 'failed' : 'passed',
      assertionResults: tests.map(status => ({ status })),
    })),
  });
};

/** Counts reports; null is a run that left none, and `!` before one says that the run failed. */
const count = async (...reports: (string | null)[]) => {
  const directory = await temporaryDirectory();
  const paths = reports.map((report, at) => {
    const path = join(directory, `${at}.json`);
    if (report !== null) writeFileSync(path, report.replace(/^!/, ''));
    if (report === null || report.startsWith('!')) writeFileSync(`${path}.failed`, '');
    return path;
  });
  const { stdout, status } = spawnSync(process.execPath, [join(root, '.ci/count.js'), ...paths], {
    encoding: 'utf8',
  });
  return [stdout, status];
};

describe('the last line of CI', () => {
  it('counts the tests of all runs', async () => {
    const good = reportOf(['passed', 'passed'], ['passed']);
    expect(await count(good, reportOf(['passed']))).toEqual(['4 passed, 0 failed\n', 0]);
    expect(await count(good, `!${reportOf(['passed', 'failed'], ['failed'])}`)).toEqual([
      '4 passed, 2 failed\n',
      1,
    ]);
  });

  it(
    'counts a file that could not run, a run without a report, and a run that failed without a ' +
      'failed test',
    async () => {
      const good = reportOf(['passed']);
      expect(await count(`!${reportOf(['passed'], [])}`)).toEqual(['1 passed, 1 failed\n', 1]);
      expect(await count(good, null)).toEqual(['1 passed, 1 failed\n', 1]);
      expect(await count(good, '!{"numPassedTests":')).toEqual(['1 passed, 1 failed\n', 1]);
      expect(await count(good, `!${good}`)).toEqual(['2 passed, 1 failed\n', 1]);
    },
  );

  it('is of runs on the Node of the README and on that of the functions', () => {
    const [, version] = /^node24=(\d+)\./m.exec(readFileSync(join(root, '.ci/run'), 'utf8'))!;
    const [, runtime] = /Runtime\.NODEJS_(\d+)_X/.exec(
      readFileSync(join(root, 'lib/function/annals-function.ts'), 'utf8'),
    )!;
    expect(version).toBe(runtime);
  });
});
