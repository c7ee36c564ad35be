import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const folders = [
  'domain',
  'catalogue',
  'client',
  'aws',
  'functions',
  'lib',
  'embedded',
  'cli',
  'tools',
] as const;
type Folder = (typeof folders)[number];

/** What a folder may import besides itself. */
const allowed: Record<Folder, readonly Folder[]> = {
  domain: [],
  catalogue: ['domain'],
  client: ['catalogue', 'domain'],
  aws: ['domain'],
  functions: ['aws', 'catalogue', 'domain'],
  lib: ['catalogue', 'domain'],
  embedded: ['functions', 'aws', 'catalogue', 'domain'],
  cli: ['embedded', 'functions', 'aws', 'catalogue', 'domain'],
  tools: ['catalogue', 'client', 'domain'],
};

const files = folders.flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name)),
);
const importsOf = (file: string): string[] =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /(?:^|\n)(?:import|export)\s[^;]*?from\s+'([^']+)'|import\('([^']+)'\)/g,
    ),
  ].map(([, a, b]) => (a ?? b)!);

/** The file of the project that an import names; undefined for a package. */
const resolve = (file: string, name: string): string | undefined =>
  name.startsWith('#')
    ? name.slice(1)
    : name.startsWith('.')
      ? normalize(join(dirname(file), name))
      : undefined;

const graph = new Map(files.map(file => [file, importsOf(file).flatMap(name => resolve(file, name) ?? [])]));
const packagesOf = (file: string): string[] =>
  importsOf(file).filter(name => resolve(file, name) === undefined);

describe('the architecture', () => {
  it('has imports go one way: cli → embedded → functions → aws → domain', () => {
    const wrong = [...graph].flatMap(([file, targets]) => {
      const folder = file.split('/')[0] as Folder;
      return targets
        .filter(
          target =>
            !target.startsWith(`${folder}/`) &&
            !allowed[folder].includes(target.split('/')[0] as Folder) &&
            !(folder === 'lib' && target === 'aws/environment.ts'),
        )
        .map(target => `${file} → ${target}`);
    });
    expect(wrong).toEqual([]);
    expect([...graph.values()].flat().length).toBeGreaterThan(100);
  });

  it('has lib/ take nothing but types from aws/environment.ts', () => {
    for (const file of files.filter(name => name.startsWith('lib/')))
      for (const [line] of readFileSync(join(root, file), 'utf8').matchAll(/^import .*'#aws\/.*$/gm))
        expect(line, file).toMatch(/^import type .* from '#aws\/environment\.ts';$/);
  });

  it('has every import name a file that is there', () => {
    for (const [file, targets] of graph)
      for (const target of targets) expect(graph.has(target), `${file} → ${target}`).toBe(true);
  });

  it('has no cycles', () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      expect(path, 'a cycle').not.toContain(file);
      if (done.has(file)) return;
      for (const target of graph.get(file)!) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  it('keeps AWS packages in aws/, but for the clients that handlers open and the commands that stand-ins read', () => {
    for (const file of files) {
      const folder = file.split('/')[0]!;
      if (['domain', 'catalogue', 'client', 'cli', 'lib'].includes(folder))
        expect(
          packagesOf(file).filter(name => name.includes('aws') && !name.startsWith('aws-cdk-lib')),
          file,
        ).toEqual([]);
    }
  });

  it('runs on the packages that users install: those for developers are for lib/ and tools/', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const file of files.filter(name => !name.startsWith('lib/') && name !== 'tools/pack-client.ts')) {
      const text = readFileSync(join(root, file), 'utf8').replaceAll(/^import type [^;]*;$/gm, '');
      for (const [, name] of text.matchAll(/(?:\bfrom|^import|import\() ?'((?:@[\w-]+\/)?\w[\w.-]*)[^']*'/gm))
        if (name !== 'node') expect(Object.keys(dependencies), `${file}: ${name}`).toContain(name);
    }
  });

  it('keeps domain/ pure: of Node only hashing, compression and the check of UTF-8', () => {
    const pure = ['node:crypto', 'node:zlib', 'node:buffer'];
    for (const file of files.filter(name => name.startsWith('domain/'))) {
      const builtins = packagesOf(file).filter(
        name => name.startsWith('node:') || builtinModules.includes(name),
      );
      expect(
        builtins.filter(name => !pure.includes(name)),
        file,
      ).toEqual([]);
      const code = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, '');
      expect(code, file).not.toMatch(
        /Date\.now|new Date\(\)|process\.|Math\.random|randomUUID|console\.|performance\./,
      );
    }
  });

  it('has no file of over 450 lines', () => {
    for (const file of files)
      expect(readFileSync(join(root, file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(450);
  });

  it('opens every file by saying what it is', () => {
    for (const file of files) expect(readFileSync(join(root, file), 'utf8'), file).toMatch(/^\/\*\*/);
  });
});
