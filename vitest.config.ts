/**
 * Two projects. `process` has the tests that start processes, servers or bundles, synthesize the stack, or replace a
 * module; each file has a worker of its own. `unit` has all others, which share their modules, and take seconds: this is
 * what a contributor runs after each change. Nobody keeps a list: what a test file imports decides.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = import.meta.dirname;
const heavyImport =
  /^(node:(child_process|http|http2|net)|aws-cdk-lib.*|#embedded\/installation\.ts|#cli\/program\.ts)$/;

/** Whether a test file, or a module of `test/` that it imports, needs a worker of its own. */
const needsProcess = (file: string, seen = new Set<string>()): boolean => {
  seen.add(file);
  const text = readFileSync(join(root, file), 'utf8');
  if (/^vi\.mock\(/m.test(text)) return true;
  return [...text.matchAll(/(?:\bfrom|\bimport\() ?'([^']+)'/g)].some(([, name]) => {
    const path = name!.startsWith('.') ? join(dirname(file), name!) : name!.replace(/^#/, '');
    const isUnseen = path.startsWith('test/') && !seen.has(path) && existsSync(join(root, path));
    return heavyImport.test(name!) || (isUnseen && needsProcess(path, seen));
  });
};

const testFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts'))
  .map(name => `test/${name}`);
const processFiles = testFiles.filter(file => needsProcess(file));

/** They start first, so that no worker is left alone with one of them at the end. */
const longest = [
  'test/damage.test.ts',
  'test/lib/company-catalogue.test.ts',
  'test/full-disk.test.ts',
  'test/deliveries.test.ts',
  'test/crash.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId, project }: TestSpecification): number => {
      const at = longest.indexOf(moduleId.slice(root.length + 1));
      if (at !== -1) return at;
      return longest.length + (project.name === 'process' ? 0 : 1);
    };
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b));
  }
}

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'process', include: processFiles } },
      {
        extends: true,
        test: { name: 'unit', include: testFiles, exclude: processFiles, isolate: false },
      },
    ],
    // By default Vitest leaves one core idle.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // Bounds for what hangs, not for what is slow: a machine that others use takes ten times as long as an idle one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // What the unit tests alone reach; the floor lies just below what was measured.
    coverage: {
      include: ['domain/**/*.ts', 'functions/**/*.ts', 'aws/**/*.ts', 'catalogue/build/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { 'domain/**': { statements: 94, branches: 92, functions: 92, lines: 94 } },
    },
  },
});
