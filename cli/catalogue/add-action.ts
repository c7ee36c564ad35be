/** Creates the file of an action from a template. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { builtInRoot, catalogueRoot } from '#catalogue/build/folder.ts';
import { printTemplate } from '#catalogue/build/template.ts';
import { Failure } from '#cli/failure.ts';
import { print } from '#cli/print.ts';
import { isAction, reservedPrefix } from '#domain/event/event.ts';
import { type AddOptions, refused, requireRoot } from './named-catalogue.ts';

export const addAction = async (
  action: string,
  { targetType, owner, ...options }: AddOptions,
): Promise<void> => {
  if (!isAction(action))
    throw new Failure(
      2,
      `"${action}" is not a valid action name; expected lowercase words separated by dots, the entity first and the` +
        ' verb last, such as "context.create"',
    );
  const name = requireRoot(options);
  const root = existsSync(name) ? await refused(async () => catalogueRoot(name)) : name;
  if (action.startsWith(reservedPrefix) && root !== builtInRoot)
    throw new Failure(2, `Actions under "${reservedPrefix}" are reserved for Annals; choose another name`);
  const file = join(root, 'actions', `${action}.ts`);
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, printTemplate({ action, targetType, owner }, typesFor(root)), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Failure(1, `${file} exists already; edit it`, { cause: error });
  }
  return print(
    options,
    { action, file },
    {
      done: `Created ${relative(process.cwd(), file)}`,
      more: [
        'Describe in it what the action means and what its payload contains, then run:' +
          ` annals catalogue build --catalogue ${name}`,
      ],
    },
  );
};

/** Built-in actions do not import through the package that companies install. */
const typesFor = (root: string): string =>
  root === builtInRoot ? '#domain/catalogue/action.ts' : 'annals/catalogue';
