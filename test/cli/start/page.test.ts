import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageSource } from '#cli/start/page.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const packages = join(import.meta.dirname, '..', '..', '..', 'node_modules');

/** A project whose builder is this text. */
const project = async (builder?: string): Promise<string> => {
  const folder = await temporaryDirectory();
  mkdirSync(join(folder, 'tools'));
  symlinkSync(packages, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  if (builder !== undefined) writeFileSync(join(folder, 'tools', 'build-page.ts'), builder);
  return folder;
};

describe('the page of annals start', () => {
  it('is built by a process of its own', async () => {
    const folder = await project(
      "import { writeFileSync } from 'node:fs'; const text: string = 'x'; writeFileSync('built', text);",
    );
    const source = pageSource(folder);
    expect(source.folder).toBe(join(folder, 'dist', 'web'));
    await source.build();
    expect(readFileSync(join(folder, 'built'), 'utf8')).toBe('x');
  });

  it('is built already where there is nothing to build it from', async () => {
    await pageSource(await project()).build();
  });

  it('says what the builder said if that fails', async () => {
    const folder = await project("console.error('web/main.tsx: expected ;'); process.exit(3);");
    await expect(pageSource(folder).build()).rejects.toThrow(
      'tools/build-page.ts ended with 3: web/main.tsx: expected ;',
    );
  });
});
