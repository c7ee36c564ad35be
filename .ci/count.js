/**
 * Counts the tests of several runs of Vitest, by the paths of their JSON reports. Prints the name of each that failed,
 * since what a run has printed may be cut, and one line last. A file that could
 * not be run, and a run that failed without a test that did (`<report>.failed` is there) or left no report, count as
 * one failure. Ends with 1 if there is any.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';

let passed = 0;
const failed = [];
for (const path of process.argv.slice(2)) {
  const run = basename(path, '.json');
  const report = read(path);
  const failures = report ? failuresOf(report) : ['left no report'];
  if (failures.length === 0 && existsSync(`${path}.failed`))
    failures.push('failed, though none of its tests did');
  passed += report?.numPassedTests ?? 0;
  failed.push(...failures.map(failure => `Suite ${run}: ${failure}`));
}
for (const failure of failed) console.log(failure);
console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** The tests that failed, and the files that could not be run. */
function failuresOf({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const tests = assertionResults.filter(test => test.status === 'failed');
    if (status === 'failed' && tests.length === 0) return [`${file} could not be run: ${firstLine(message)}`];
    return tests.map(test => `${file}, ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`);
  });
}

function firstLine(text = '') {
  return text.split('\n', 1)[0].slice(0, 300);
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    console.error(`The report ${path} cannot be read: ${error.message}`);
    return undefined;
  }
}
