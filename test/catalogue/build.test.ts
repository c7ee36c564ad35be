import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BuildInput, buildCatalogue, type Released, releasedFile } from '#catalogue/build.ts';
import { actionFiles, actionOfFile, ownRoot, readActions } from '#catalogue/folder.ts';
import { actions } from '#catalogue/generated/actions.ts';
import type { ActionDefinition, PayloadSchema } from '#domain/action.ts';
import type { Declared } from '#domain/catalogue-faults.ts';
import { ownEventActions } from '#domain/own-event.ts';
import { seedActions } from '../seed-actions.ts';

const root = join(import.meta.dirname, '..', '..');
const docs = join(root, 'docs', 'events.md');
const released = JSON.parse(readFileSync(releasedFile(ownRoot), 'utf8')) as Released;
const declared = await readActions(ownRoot);
const build = (change: Partial<BuildInput> = {}) =>
  buildCatalogue({ root: ownRoot, declared, beside: [], released, docs, ...change });

/** The catalogue with one action's first version changed. */
const changed = (action: string, change: (schema: PayloadSchema) => PayloadSchema): Declared[] =>
  declared.map(item => {
    if (item.definition.action !== action) return item;
    const first = item.definition.versions[1]!;
    const definition: ActionDefinition = {
      ...item.definition,
      versions: { 1: { ...first, schema: change(first.schema) } },
    };
    return { ...item, definition };
  });
const lacking =
  (member: string) =>
  (schema: PayloadSchema): PayloadSchema => ({
    ...schema,
    properties: Object.fromEntries(Object.entries(schema.properties).filter(([name]) => name !== member)),
  });

describe("Annals' own catalogue", () => {
  it('has the fourteen actions of the seed, and all that Annals records of itself', () => {
    const own = ownEventActions.map(action => `audit_log.${action}`);
    expect(actions.map(({ action }) => action).sort()).toEqual([...seedActions, ...own].sort());
  });

  it('has a file an action, named for it', () => {
    expect(actionFiles(ownRoot).map(actionOfFile)).toEqual(actions.map(({ action }) => action).sort());
    expect(readdirSync(join(ownRoot, 'actions'))).toHaveLength(actions.length);
  });

  it('is what everything that is made from it was made from', async () => {
    const { files, faults, added } = await build();
    expect(faults).toEqual([]);
    expect(added).toEqual([]);
    expect([...files.keys()].map(file => basename(file))).toEqual([
      'actions.ts',
      'events.ts',
      'released.json',
      'events.md',
    ]);
    for (const [file, text] of files)
      expect(readFileSync(file, 'utf8') === text, `${file} is out of date: npm run catalogue`).toBe(true);
  });
});

describe('the build of a catalogue', () => {
  it('refuses a change of a released schema that stored events could contradict, and says what to do', async () => {
    const { files, faults } = await build({ declared: changed('context.create', lacking('name')) });
    expect(files.size).toBe(0);
    expect(faults).toEqual([
      'context.create, version 1: /name: it was removed. Events of this version are stored: leave it as it was released, and declare version 2 with the change, and an upcaster where one can be written',
    ]);
  });

  it('refuses that an action that was released is gone', async () => {
    const { faults } = await build({
      declared: declared.filter(({ definition }) => definition.action !== 'user.create'),
    });
    expect(faults).toEqual([
      expect.stringMatching(/^user\.create, version 1 was released and is gone.*put it back/),
    ]);
  });

  it('follows a compatible change, and what is new', async () => {
    const added = changed('context.create', schema => ({
      ...schema,
      properties: { ...schema.properties, note: { type: 'string', description: 'Why.' } },
    }));
    const [first] = added.filter(({ definition }) => definition.action === 'user.create') as [Declared];
    const definition = { ...first.definition, action: 'user.rename', deprecated: 'Use user.create.' };
    const source = join(ownRoot, 'actions', 'user.rename.ts');
    const {
      files,
      faults,
      added: news,
    } = await build({ declared: [...added, { ...first, definition, source }] });
    expect(faults).toEqual([]);
    expect(news).toEqual(['user.rename, version 1']);
    const text = (name: string) => [...files].find(([file]) => file.endsWith(name))![1];
    expect(JSON.parse(text('released.json'))['context.create'][1].properties.note).toEqual({
      type: 'string',
      description: 'Why.',
    });
    expect(text('actions.ts')).toContain(
      "import { action as $user$rename } from '../actions/user.rename.ts';",
    );
    expect(text('events.ts')).toContain('note?: string;');
    expect(text('events.ts')).toContain('@deprecated Use user.create.');
    expect(text('events.md')).toContain('### user.rename\n\n**Deprecated.** Use user.create.');
    expect(text('events.md')).toContain('| `note` | string | Why. |');
  });

  it('gives the client no type for what only Annals records, and the docs all the same', async () => {
    const { files } = await build();
    const text = (name: string) => [...files].find(([file]) => file.endsWith(name))![1];
    expect(text('events.ts')).not.toContain('audit_log');
    expect(text('events.md')).toContain('### audit_log.export.request');
  });

  it('says that a definition is wrong before it compares', async () => {
    const [first, ...others] = declared as [Declared, ...Declared[]];
    const definition = { ...first.definition, owner: '' };
    const { faults } = await build({ declared: [{ ...first, definition }, ...others] });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain('owner');
  });
});
