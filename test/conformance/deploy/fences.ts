/** The command lines that a document gives, by the heading above them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');

/** The text of all fences of docs/NAME in a language, by heading. */
export const readBlocks = async (name: string, language = 'sh'): Promise<Map<string, string[]>> => {
  const found = new Map<string, string[]>();
  let heading = '';
  let block: string[] | undefined;
  for (const line of (await readFile(join(docs, name), 'utf8')).split('\n')) {
    if (line.startsWith('```')) {
      if (block?.length) found.set(heading, [...(found.get(heading) ?? []), block.join('\n')]);
      block = line === `\`\`\`${language}` ? [] : undefined;
    } else if (block) block.push(line);
    else if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
  }
  return found;
};

/** The same, a line each. */
export const readFences = async (name: string): Promise<Map<string, string[]>> =>
  new Map(
    [...(await readBlocks(name))].map(([heading, blocks]) => [
      heading,
      blocks.flatMap(block => block.split('\n')),
    ]),
  );
