/** Real audit records of other systems, by the name of their source. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Line = { source: string; case: string; raw: string };

const lines = readFileSync(join(import.meta.dirname, '..', 'data', 'real-audit-lines.ndjson'), 'utf8')
  .split('\n')
  .filter(Boolean)
  .map(line => JSON.parse(line) as Line);

export const realRecords = (system: 'AWS' | 'Github'): string[] =>
  lines.filter(({ source }) => source.startsWith(`${system}/`)).map(({ raw }) => raw);
