/**
 * Counts the tests of several runs of Vitest, by the paths of their JSON reports, and prints one line. A file that could
 * not be run, and a run that failed without a test that did (`<report>.failed` is there) or left no report, count as one
 * failure. Ends with 1 if there is any.
 */
import { existsSync, readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const path of process.argv.slice(2)) {
  const { passed: good, failed: bad } = countOf(path);
  passed += good;
  failed += bad > 0 || !existsSync(`${path}.failed`) ? bad : 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function countOf(path) {
  const report = read(path);
  if (!report) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, testResults } = report;
  const unrunnable = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every(test => test.status !== 'failed'),
  );
  return { passed: numPassedTests, failed: numFailedTests + unrunnable.length };
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    console.error(`The report ${path} cannot be read: ${error.message}`);
    return undefined;
  }
}
