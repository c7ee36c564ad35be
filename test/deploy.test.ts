import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { families, ownFamilies } from '#embedded/metrics/families.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');

describe('docs/operate.md', () => {
  it('says what to do about each metric, and names no other', () => {
    const [, watched] = read('docs/operate.md').split('\n## Watch it\n') as [string, string];
    const [section] = watched.split('\n## ') as [string];
    const named = new Set(
      [...section.matchAll(/annals_[a-z_]+/g)].map(([name]) => name.replace(/_total$/, '')),
    );
    const all = [...Object.values(families), ...Object.values(ownFamilies)].map(({ name }) => name);
    expect([...named].sort()).toEqual(all.sort());
  });
});

describe('deploy/nginx.conf', () => {
  it('takes larger bodies than the server, which says what is wrong with them', () => {
    expect(read('deploy/nginx.conf')).toContain('client_max_body_size 8m;');
  });
});
