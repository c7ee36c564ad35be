/**
 * Three projects. `process` has the tests that start processes, servers or bundles, or replace a module; each file has
 * a worker of its own. `stack` has those that synthesize the stack, which takes seconds to load. `unit` has all others,
 * and takes seconds: this is what a contributor runs after each change. The files of `stack`, and those of `unit`,
 * share their modules. Nobody keeps a list: what a test file imports decides.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = import.meta.dirname;
const starting = /^(node:(child_process|http|http2|net)|#embedded\/installation\.ts|#cli\/program\.ts)$/;
const synthesizing = /^aws-cdk-lib/;

/** Whether a test file, or a module of `test/` that it imports, imports one of these. */
const imports = (file: string, wanted: RegExp, seen = new Set<string>()): boolean => {
  seen.add(file);
  return [...textOf(file).matchAll(/(?:\bfrom|\bimport\() ?'([^']+)'/g)].some(([, name]) => {
    const path = name!.startsWith('.') ? join(dirname(file), name!) : name!.replace(/^#/, '');
    const isUnseen = path.startsWith('test/') && !seen.has(path) && existsSync(join(root, path));
    return wanted.test(name!) || (isUnseen && imports(path, wanted, seen));
  });
};

const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

const testFiles = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts'))
  .map(name => `test/${name}`);
const processFiles = testFiles.filter(file => imports(file, starting) || /^vi\.mock\(/m.test(textOf(file)));
const stackFiles = testFiles.filter(file => !processFiles.includes(file) && imports(file, synthesizing));

/** They start first, so that no worker is left alone with one of them at the end. */
const longest = [
  'test/damage.test.ts',
  'test/lib/bundles.test.ts',
  'test/cli/commands/catalogue.test.ts',
  'test/package.test.ts',
  'test/compaction-crash.test.ts',
  'test/lib/company-catalogue.test.ts',
  'test/lib/deployed-settings.test.ts',
  'test/embedded/stream/lost-records.test.ts',
  'test/embedded/damaged-records.test.ts',
  'test/full-disk.test.ts',
  'test/deliveries.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId, project }: TestSpecification): number => {
      const at = longest.indexOf(moduleId.slice(root.length + 1));
      if (at !== -1) return at;
      return longest.length + ['process', 'stack', 'unit'].indexOf(project.name);
    };
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b));
  }
}

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'process', include: processFiles } },
      { extends: true, test: { name: 'stack', include: stackFiles, isolate: false } },
      {
        extends: true,
        test: {
          name: 'unit',
          include: testFiles,
          exclude: [...processFiles, ...stackFiles],
          isolate: false,
        },
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
