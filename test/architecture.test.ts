import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { ts } from '@ts-morph/common';
import { describe, expect, it } from 'vitest';
import { variablesOf } from '#aws/environment.ts';
import { longFiles, manyParameters, wideFiles, withoutTest } from '#test/architecture.lists.ts';

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
  'web',
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
  tools: ['catalogue', 'cli', 'client', 'domain'],
  web: ['domain'],
};

const filesOf = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name))
    .map(name => join(folder, name))
    .sort();
const files = folders.flatMap(filesOf);
const testFiles = filesOf('test');
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const linesOf = (file: string): string[] => textOf(file).trimEnd().split('\n');

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

/** What imports what within one of the folders. */
const arrows = (folder: Folder): [string, string][] =>
  [...graph]
    .filter(([from]) => from.startsWith(`${folder}/`))
    .flatMap(([from, targets]) =>
      targets.filter(to => to.startsWith(`${folder}/`)).map((to): [string, string] => [from, to]),
    );

/** The order of an event's life. Files at the top of domain/ are for all. */
const domainFolders = [
  'json',
  'event',
  'catalogue',
  'receive',
  'archive',
  'compact',
  'access',
  'refused',
  'filter',
  'export',
  'browse',
  'schedule',
  'deliver',
  'http',
] as const;
const secondOf = (path: string): string => path.split('/')[1]!;
const isNested = (path: string): boolean => path.split('/').length > 2;
const domainOf = (path: string): number => domainFolders.indexOf(secondOf(path) as never);
/** 0 for the runtime, up to 3 for the Lambdas. */
const functionLayer = (path: string): number =>
  isNested(path) ? ['runtime', 'workflows', 'http'].indexOf(secondOf(path)) : 3;

/** Every function of each file, and every type of one. */
const functionsOf = new Map(
  files.map((file): [string, ts.SignatureDeclaration[]] => {
    const found: ts.SignatureDeclaration[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node)) found.push(node);
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest));
    return [file, found];
  }),
);
const mostParameters = (file: string): number =>
  Math.max(0, ...functionsOf.get(file)!.map(({ parameters }) => parameters.length));

/** Definitions of actions and what is generated from them need no words of their own. */
const isDefinition = (file: string): boolean => /\/(actions|generated)\/|^catalogue\/company\.ts$/.test(file);
/**
 * What has no function that does something: constants, types, what a file hands on. And what the page renders, which
 * is tested in a browser.
 */
const isData = (file: string): boolean =>
  file.endsWith('.tsx') ||
  isDefinition(file) ||
  functionsOf.get(file)!.every(node => !('body' in node && node.body));

describe('the architecture', () => {
  /** Before a deploy changes a stack, the one question of lib/ to AWS: what is there. */
  const asksWhatIsDeployed = 'lib/deployed-settings.ts';

  it('has imports go one way: cli → embedded → functions → aws → domain', () => {
    const wrong = [...graph].flatMap(([file, targets]) => {
      const folder = file.split('/')[0] as Folder;
      return targets
        .filter(
          target =>
            !target.startsWith(`${folder}/`) &&
            !allowed[folder].includes(target.split('/')[0] as Folder) &&
            !(folder === 'lib' && target === 'aws/environment.ts') &&
            !(file === 'lib/app.ts' && target === 'tools/build-page.ts') &&
            !(file === asksWhatIsDeployed && target === 'aws/stack-state.ts'),
        )
        .map(target => `${file} → ${target}`);
    });
    expect(wrong).toEqual([]);
    expect([...graph.values()].flat().length).toBeGreaterThan(100);
  });

  it('has lib/ take nothing but types from aws/environment.ts', () => {
    for (const file of files.filter(name => name.startsWith('lib/') && name !== asksWhatIsDeployed))
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

  it('keeps the SDK in aws/, and in embedded/, whose stand-ins read its commands', () => {
    const outside = files.filter(file => !/^(aws|embedded)\//.test(file));
    // Names in quotes, however they are imported. lib/ names the SDK's search for credentials, which bundles replace.
    const bundling = "'--alias:@aws-sdk/credential-provider-node'";
    expect(textOf('lib/function/annals-function.ts')).toContain(bundling);
    expect(
      outside.filter(file => /['"`:]@(aws-sdk|smithy)\//.test(textOf(file).replace(bundling, ''))),
    ).toEqual([]);
    const withoutHandlers = outside.filter(file => !file.startsWith('functions/'));
    for (const file of withoutHandlers)
      expect(
        packagesOf(file).filter(name => name.includes('aws') && !name.startsWith('aws-cdk-lib')),
        file,
      ).toEqual([]);
  });

  it('runs on the packages that users install: those for developers are for lib/ and tools/', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const builds = ['tools/pack-client.ts', 'tools/build-page.ts', 'tools/build-cdk.ts'];
    for (const file of files.filter(name => !/^(lib|web)\//.test(name) && !builds.includes(name))) {
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

  it('opens every file by saying what it is', () => {
    for (const file of files.filter(name => !isDefinition(name)))
      expect(textOf(file), file).toMatch(/^\/\*\*/);
  });
});

describe('the layers', () => {
  it('has a folder of domain/ import only those that stand above it, in the order of an event’s life', () => {
    const wrong = arrows('domain').filter(
      ([from, to]) => isNested(from) && isNested(to) && domainOf(from) < domainOf(to),
    );
    expect(wrong).toEqual([]);
    const folders = new Set(files.filter(name => /^domain\/.*\//.test(name)).map(secondOf));
    expect([...folders].sort()).toEqual([...domainFolders].sort());
  });

  it('has functions/ import one way: Lambdas → http → workflows → runtime', () => {
    const wrong = arrows('functions').filter(
      ([from, to]) => functionLayer(from) < functionLayer(to) || (!isNested(from) && !isNested(to)),
    );
    expect(wrong).toEqual([]);
  });

  it('has archive and finish use no HTTP', () => {
    const wrong = arrows('functions').filter(
      ([from, to]) => /^functions\/(archive|finish)\.ts$/.test(from) && to.startsWith('functions/http/'),
    );
    expect(wrong).toEqual([]);
  });

  it('has a file at the top of functions/ for each Lambda, and no other', () => {
    const top = files.filter(name => /^functions\/[^/]+$/.test(name)).map(name => name.slice(10, -3));
    expect(top.sort()).toEqual(Object.keys(variablesOf).sort());
  });
});

describe('the page', () => {
  const pageFiles = files.filter(name => name.startsWith('web/'));
  const valueImports = (file: string): string[] =>
    [...textOf(file).matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'|import\('([^']+)'\)/gm)]
      .filter(([statement]) => !/^import \{(?:\s*type \w+,?)+\s*\}/.test(statement))
      .map(([, a, b]) => (a ?? b)!);

  it('brings nothing of the domain that needs a package or Node', () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const name of valueImports(file)) {
        const target = resolve(file, name);
        if (target !== undefined) visit(target);
        else if (file.startsWith('domain/')) expect.fail(`${file} brings ${name} into the page`);
      }
    };
    for (const file of pageFiles) visit(file);
    expect([...reached].some(file => file.startsWith('domain/'))).toBe(true);
  });

  it('takes React, the components and the sign-in’s library, and no other package', () => {
    const packages = new Set(pageFiles.flatMap(packagesOf));
    expect(
      [...packages].filter(
        name => !/^(react|react-dom\/client|@cloudscape-design\/.*|oauth4webapi)$/.test(name),
      ),
    ).toEqual([]);
  });

  it('makes no markup out of text', () => {
    for (const file of pageFiles)
      expect(textOf(file), file).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function/i,
      );
  });

  it('fetches in one file only, but for the sign-in at an issuer', () => {
    const fetching = pageFiles.filter(file =>
      /\bfetch\(|XMLHttpRequest|sendBeacon|EventSource/.test(textOf(file)),
    );
    expect(fetching).toEqual(['web/api.ts', 'web/signin/openid.ts']);
  });

  it('is made of small files', () => {
    const lengths = pageFiles.map(file => linesOf(file).length).sort((a, b) => a - b);
    expect(pageFiles.filter(file => linesOf(file).length > 250)).toEqual([]);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(70);
  });
});

describe('the size of things', () => {
  // Each list holds what is left from before the law. It only shrinks: what keeps the law has to leave it.
  it('keeps files within 300 lines', () => {
    expect(files.filter(file => linesOf(file).length > 300)).toEqual(longFiles);
  });

  it('keeps lines within 120 columns', () => {
    const written = [...files, ...testFiles];
    expect(written.filter(file => linesOf(file).some(line => line.length > 120))).toEqual(wideFiles);
  });

  it('keeps parameters to four', () => {
    expect(files.filter(file => mostParameters(file) > 4)).toEqual(manyParameters);
  });

  it('has a test of the name of every file of code', () => {
    const tests = new Set(testFiles);
    const untested = files.filter(file => !tests.has(`test/${file.replace(/\.ts$/, '.test.ts')}`));
    expect(untested.filter(file => !isData(file))).toEqual(withoutTest);
  });
});
