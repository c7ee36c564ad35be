import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { PageFiles, type PageOptions } from '#embedded/http/page-files.ts';
import { builtPage, indexHtml } from '#test/support/page.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const opened = async (options: Partial<PageOptions> = {}) => {
  const source = await builtPage();
  const files = new PageFiles({ ...source, embedOrigins: [], log: () => undefined, ...options });
  await files.open();
  return { files, folder: source.folder };
};
const get = async (files: PageFiles, path: string, headers = {}) => {
  const serve = files.find(path.slice(1).split('/'));
  return serve && (await serve(headers));
};
const codeOf = (answer: Awaited<ReturnType<typeof get>>): string | undefined =>
  answer && `${answer.statusCode} ${(JSON.parse(String(answer.body)) as { code: string }).code}`;

describe('the files of the page', () => {
  it('are index.html at / and /embed, hashed files, and the configuration', async () => {
    const { files } = await opened({ embedOrigins: ['https://app.example.com'] });
    const page = await get(files, '/');
    expect(String(page!.body)).toBe(indexHtml);
    expect(page!.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    const framed = await get(files, '/embed');
    expect(String(framed!.body)).toBe(indexHtml);
    expect(framed!.headers['content-security-policy']).toContain('frame-ancestors https://app.example.com;');
    const script = await get(files, '/assets/a-1.js');
    expect(String(script!.body)).toBe('export const a = 1;\n');
    expect(script!.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      vary: 'accept-encoding',
    });
    expect(JSON.parse(String((await get(files, '/config.json'))!.body))).toEqual({
      sign_in: 'session',
      embed_origins: ['https://app.example.com'],
    });
    expect(await get(files, '/v1')).toBeUndefined();
    expect(await get(files, '/index.html')).toBeUndefined();
    expect(await get(files, '/embed/x')).toBeUndefined();
  });

  it('are compressed for those who take that', async () => {
    const { files } = await opened();
    for (const accepted of ['gzip', 'br, gzip;q=0.5', 'deflate,gzip']) {
      const { headers, body } = (await get(files, '/assets/a-1.js', { 'accept-encoding': accepted }))!;
      expect(headers['content-encoding'], accepted).toBe('gzip');
      expect(gunzipSync(body as Buffer).toString()).toBe('export const a = 1;\n');
    }
    for (const accepted of ['br', 'gzip;q=0', 'x-gzip'])
      expect(
        (await get(files, '/assets/a-1.js', { 'accept-encoding': accepted }))!.headers,
        accepted,
      ).not.toHaveProperty('content-encoding');
  });

  it('have no path made of what is asked for', async () => {
    const { files, folder } = await opened();
    writeFileSync(join(folder, 'secret.js'), 'secret');
    const names = [
      '../secret.js',
      '..',
      '.',
      '',
      'a-1.js/',
      'a-1.js/x',
      'a-1.js\u0000',
      '/etc/passwd',
      '__proto__',
      '..\\secret.js',
    ];
    for (const name of names) {
      const serve = files.find(['assets', ...name.split('/')]);
      expect(codeOf(await serve!({})), name).toBe('404 not_found');
      // As a client sends it with %2f.
      expect(codeOf(await files.find(['assets', name])!({})), name).toBe('404 not_found');
    }
    expect(codeOf(await get(files, '/assets'))).toBe('404 not_found');
  });

  it('leave out what is not a file of a known kind', async () => {
    const source = await builtPage();
    symlinkSync('/etc/hostname', join(source.folder, 'assets', 'link.js'));
    mkdirSync(join(source.folder, 'assets', 'folder.js'));
    writeFileSync(join(source.folder, 'assets', 'notes.txt'), '');
    const { files } = await opened(source);
    for (const name of ['link.js', 'folder.js', 'notes.txt'])
      expect(codeOf(await get(files, `/assets/${name}`)), name).toBe('404 not_found');
  });
});

describe('the build of the page', () => {
  it('is not waited for: until it is done, the page answers that the server is starting', async () => {
    const source = await builtPage();
    let end = (): void => undefined;
    const build = () =>
      new Promise<void>(resolve => {
        end = resolve;
      });
    const files = new PageFiles({ ...source, build, embedOrigins: [], log: () => undefined });
    const opening = files.open();
    for (const path of ['/', '/embed', '/assets/a-1.js']) {
      const answer = await get(files, path);
      expect(codeOf(answer), path).toBe('503 starting');
      expect(answer!.headers['retry-after']).toBe('1');
    }
    // A browser asks again by itself, where it is.
    for (const path of ['/', '/embed']) {
      const { statusCode, headers, body } = (await get(files, path, { accept: 'text/html,*/*' }))!;
      expect({ statusCode, type: headers['content-type'] }).toEqual({
        statusCode: 503,
        type: 'text/html; charset=utf-8',
      });
      expect(String(body)).toContain('<meta http-equiv="refresh" content="1">');
    }
    end();
    await opening;
    expect((await get(files, '/'))!.statusCode).toBe(200);
  });

  it('that fails is an error in the log, and the page says what to do; a later one is served', async () => {
    const source = await builtPage();
    const log = vi.fn();
    let now = 0;
    const build = () => Promise.reject(new Error('The build ended with 1'));
    const { files } = await opened({ ...source, build, log, nowMs: () => now });
    expect(log).toHaveBeenCalledWith(
      'error',
      expect.stringContaining('run "npm run page"'),
      expect.objectContaining({ detail: 'The build ended with 1' }),
    );
    // What it left behind is not served.
    const answer = await get(files, '/');
    expect(codeOf(answer)).toBe('503 page_unavailable');
    expect(String(answer!.body)).toContain('npm run page');
    expect(codeOf(await get(files, '/assets/a-1.js'))).toBe('503 page_unavailable');
    now = 500;
    writeFileSync(join(source.folder, 'index.html'), 'mended');
    expect(String((await get(files, '/'))!.body)).toBe('mended');
  });

  it('into no folder is a failure', async () => {
    const log = vi.fn();
    const { files } = await opened({ folder: join(await temporaryDirectory(), 'none'), log });
    expect(codeOf(await get(files, '/'))).toBe('503 page_unavailable');
    expect(log).toHaveBeenCalledOnce();
  });

  it('again is noticed, and the files of the one before stay for pages that are open', async () => {
    const { files, folder } = await opened();
    rmSync(join(folder, 'assets', 'a-1.js'));
    writeFileSync(join(folder, 'assets', 'b-2.js'), 'b');
    writeFileSync(join(folder, 'index.html'), 'newer');
    expect(String((await get(files, '/'))!.body)).toBe('newer');
    expect((await get(files, '/assets/b-2.js'))!.statusCode).toBe(200);
    expect((await get(files, '/assets/a-1.js'))!.statusCode).toBe(200);
  });

  it('in progress keeps the one before', async () => {
    const { files, folder } = await opened();
    rmSync(join(folder, 'index.html'));
    expect(String((await get(files, '/'))!.body)).toBe(indexHtml);
  });
});
