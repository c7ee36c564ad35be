/** The settings that docs/shippers.md gives, as they stand there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'shippers.md'), 'utf8');

/** The first fence of a section. */
export const settingsOf = (section: string): string => {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [, fence] = /^```[a-z-]+\n([\s\S]*?)^```$/m.exec(text.split('\n## ')[0]!) ?? [];
  if (fence === undefined) throw new Error(`docs/shippers.md has no settings for ${section}`);
  return fence;
};

/** The path and the query that the settings of a section send to. */
export const targetOf = (section: string): string => {
  const [target] = /\/v1\/events[^\s")]*/.exec(settingsOf(section)) ?? [];
  if (target === undefined) throw new Error(`The settings for ${section} send nowhere`);
  return target;
};
