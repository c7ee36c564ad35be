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
    testResults: files.map((tests, file) => ({
      name: join(root, `test/${file}.test.ts`),
      status: tests.length === 0 || tests.includes('failed') ? 'failed' : 'passed',
      message: 'Error: no such module\n    at import',
      assertionResults: tests.map((status, test) => ({
        status,
        fullName: `test ${test}`,
        failureMessages: status === 'failed' ? ['AssertionError: not so\n    at it'] : [],
      })),
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
    cwd: root,
  });
  return [stdout, status];
};

describe('the end of CI', () => {
  it('counts the tests of all runs', async () => {
    const good = reportOf(['passed', 'passed'], ['passed']);
    expect(await count(good, reportOf(['passed']))).toEqual(['4 passed, 0 failed\n', 0]);
    expect(await count(good, `!${reportOf(['passed', 'failed'], ['failed'])}`)).toEqual([
      'Suite 1: test/0.test.ts, test 1: AssertionError: not so\n' +
        'Suite 1: test/1.test.ts, test 0: AssertionError: not so\n' +
        '4 passed, 2 failed\n',
      1,
    ]);
  });

  it(
    'counts a file that could not run, a run without a report, and a run that failed without a ' +
      'failed test',
    async () => {
      const good = reportOf(['passed']);
      expect(await count(`!${reportOf(['passed'], [])}`)).toEqual([
        'Suite 0: test/1.test.ts could not be run: Error: no such module\n1 passed, 1 failed\n',
        1,
      ]);
      const without = 'Suite 1: left no report\n1 passed, 1 failed\n';
      expect(await count(good, null)).toEqual([without, 1]);
      expect(await count(good, '!{"numPassedTests":')).toEqual([without, 1]);
      expect(await count(good, `!${good}`)).toEqual([
        'Suite 1: failed, though none of its tests did\n2 passed, 1 failed\n',
        1,
      ]);
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
