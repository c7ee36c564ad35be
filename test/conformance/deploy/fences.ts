/** The command lines that a document gives, by the heading above them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');

/** The lines of all `sh` fences of docs/NAME, by heading. */
export const readFences = async (name: string): Promise<Map<string, string[]>> => {
  const found = new Map<string, string[]>();
  let heading = '';
  let isInside = false;
  for (const line of (await readFile(join(docs, name), 'utf8')).split('\n')) {
    if (line.startsWith('```')) isInside = !isInside && line === '```sh';
    else if (isInside) found.set(heading, [...(found.get(heading) ?? []), line]);
    else if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
  }
  return found;
};
