import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  createReadStream,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { openDestination, openDestinationIn } from '#cli/export/destination.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const write = async (path: string, text: string): Promise<void> => {
  const destination = await openDestination(path);
  await destination.write(Buffer.from(text));
  await destination.finish();
  expect(destination.written).toBe(Buffer.byteLength(text));
};

describe('a file that is made', () => {
  it('has its name once it is whole, and takes the place of an older one with its mode', async () => {
    const folder = await temporaryDirectory();
    const path = join(folder, 'x.csv');
    writeFileSync(path, 'old');
    chmodSync(path, 0o640);
    const destination = await openDestination(path);
    await destination.write(Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).toBe('old');
    await destination.finish();
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['x.csv']);
  });

  it('is removed if it is not finished, and the old file stays', async () => {
    const folder = await temporaryDirectory();
    const path = join(folder, 'x.csv');
    writeFileSync(path, 'old');
    const destination = await openDestination(path);
    await destination.write(Buffer.from('half'));
    await destination.discard();
    expect(readdirSync(folder)).toEqual(['x.csv']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('may get its name at the end, in the folder that was checked', async () => {
    const folder = await temporaryDirectory();
    const destination = await openDestinationIn(folder);
    await destination.write(Buffer.from('x'));
    await destination.finish('late.csv');
    await destination.discard();
    expect(readdirSync(folder)).toEqual(['late.csv']);
  });

  it('is written through a link, which stays a link, whether or not its target exists', async () => {
    const folder = await temporaryDirectory();
    mkdirSync(join(folder, 'elsewhere'));
    const link = join(folder, 'link.csv');
    symlinkSync('other', link);
    symlinkSync('elsewhere/target.csv', join(folder, 'other'));
    for (const text of ['first', 'second']) {
      await write(link, text);
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(readFileSync(join(folder, 'elsewhere', 'target.csv'), 'utf8')).toBe(text);
    }
    expect(readdirSync(folder).sort()).toEqual(['elsewhere', 'link.csv', 'other']);
  });

  it('is written into a device or a pipe, and replaces neither', async () => {
    await write('/dev/null', 'x');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    const full = await openDestination('/dev/full');
    await expect(full.write(Buffer.from('x'))).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('no space is left (ENOSPC)'),
    });
    await full.discard();
    expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true);

    const pipe = join(await temporaryDirectory(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    // More than a pipe holds, so that its reader is waited for.
    const text = 'x'.repeat(1_000_000);
    const [read] = await Promise.all([buffer(createReadStream(pipe)), write(pipe, text)]);
    expect(read.toString()).toBe(text);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  it('says of a pipe whose reader has gone that it is not whole', async () => {
    const pipe = join(await temporaryDirectory(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = createReadStream(pipe);
    const destination = await openDestination(pipe);
    const closed = once(reader, 'close');
    reader.destroy();
    await closed;
    await expect(destination.write(Buffer.from('x'))).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('the reader has closed it (EPIPE)'),
    });
    await destination.discard();
  });

  it('is refused before anything is done if it cannot be made, and leaves nothing behind', async () => {
    const folder = await temporaryDirectory();
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    symlinkSync('.', join(folder, 'folder-link'));
    for (const [path, message] of [
      [folder, 'is a directory; name a file in it'],
      [`${folder}/`, 'is a directory'],
      [join(folder, 'folder-link'), 'is a directory'],
      [`${join(folder, 'new')}/`, 'is a directory'],
      [join(folder, 'missing', 'x.csv'), `the folder ${join(folder, 'missing')} does not exist`],
      [join(folder, 'file', 'x.csv'), 'is not a folder'],
      [join(folder, 'x'.repeat(300)), 'the name is too long'],
      [join(folder, 'a'), 'is a cycle of links'],
      ['/proc/annals.csv', 'does not accept files'],
    ] as const)
      await expect(openDestination(path), path).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining(message),
      });
    expect(readdirSync(folder).sort()).toEqual(['a', 'b', 'file', 'folder-link']);
  });
});
