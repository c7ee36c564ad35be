import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandIn, welcome } from '#cli/start/welcome.ts';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import type { DataDirectory } from '#embedded/data-directory.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('what annals start prints', () => {
  it('has a curl line that a shell reads as it is meant, with the token from its file', async () => {
    const root = join(await temporaryDirectory(), "it's");
    const keys = join(await temporaryDirectory(), "a folder's keys.json");
    writeFileSync(keys, '{"emitter":"the-token"}');
    const data = { root, keys } as DataDirectory;
    const text = welcome({ url: 'http://127.0.0.1:1', data, catalogue: new Catalogue([]) }, undefined);
    const [line] = /curl .*/.exec(text)!;
    const script = `curl() { printf '%s\\n' "$@"; }\n${line}`;
    const args = execFileSync('sh', ['-c', script]).toString().split('\n');
    expect(args.slice(0, 3)).toEqual(['-sS', 'http://127.0.0.1:1/v1/events', '-H']);
    expect(args[3]).toBe('Authorization: Bearer the-token');
    expect(JSON.parse(args[7]!)).toMatchObject({ action: 'context.create', scope: { id: 'acme' } });
    expect(text).toContain(`--data '${root.replace("'", "'\\''")}'`);
  });

  it('names the command as the user has it: of a checkout, or of an installed package', () => {
    expect(commandIn('/home/me/annals/cli/start')).toBe('npm run annals --');
    expect(commandIn('/srv/audit/node_modules/annals/cli/start')).toBe('npx annals');
  });

  it('names the URL of the proxy that clients use', () => {
    const data = { root: '/data', keys: '/data/keys.json' } as DataDirectory;
    const text = welcome(
      { url: 'http://127.0.0.1:1', data, catalogue: new Catalogue([]) },
      'https://audit.example.com',
    );
    expect(text).toContain('http://127.0.0.1:1, and clients reach it at https://audit.example.com');
    expect(text).toContain('curl -sS https://audit.example.com/v1/events');
  });
});
