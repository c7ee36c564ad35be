import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BuildInput, buildCatalogue, type Released, releasedFile } from '#catalogue/build/build.ts';
import { actionFiles, actionOfFile, builtInRoot, readActions, setRoot } from '#catalogue/build/folder.ts';
import { actions } from '#catalogue/generated/actions.ts';
import { actions as circleci } from '#catalogue/sets/circleci/generated/actions.ts';
import { selfAuditActions } from '#domain/access/self-audit-event.ts';
import type { ActionDefinition, PayloadSchema } from '#domain/catalogue/action.ts';
import type { Declared } from '#domain/catalogue/faults.ts';
import { seedActions } from '#test/support/seed-actions.ts';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs', 'events.md');
const root = setRoot('circleci');
const releasedOf = (folder: string) => JSON.parse(readFileSync(releasedFile(folder), 'utf8')) as Released;
const declared = await readActions(root);
const own = await readActions(builtInRoot);
/** Of the set, with types and docs as a company that chose it has them. */
const build = (change: Partial<BuildInput> = {}) =>
  buildCatalogue({ root, declared, beside: own, released: releasedOf(root), docs, ...change });

/** The set with one action's first version changed. */
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
  it('has all that Annals records of itself, and the fourteen actions of the seed as a set', () => {
    const recorded = selfAuditActions.map(action => `audit_log.${action}`);
    expect(actions.map(({ action }) => action).sort()).toEqual(recorded.sort());
    expect(circleci.map(({ action }) => action).sort()).toEqual([...seedActions].sort());
    expect(readdirSync(join(builtInRoot, 'sets'))).toEqual(['circleci']);
  });

  it.each([
    [builtInRoot, actions],
    [root, circleci],
  ])('has a file an action, named for it, in %s', (folder, built) => {
    expect(actionFiles(folder).map(actionOfFile)).toEqual(built.map(({ action }) => action).sort());
    expect(readdirSync(join(folder, 'actions'))).toHaveLength(built.length);
  });

  it.each([
    [
      'its own actions',
      { root: builtInRoot, declared: own, beside: declared, released: releasedOf(builtInRoot) },
      ['actions.ts', 'events.ts', 'released.json', 'events.md'],
    ],
    ['the set', { docs: undefined }, ['actions.ts', 'released.json']],
  ])('is what everything that is made from %s was made from', async (_, change, made) => {
    const { files, faults, added } = await build(change);
    expect(faults).toEqual([]);
    expect(added).toEqual([]);
    expect([...files.keys()].map(file => basename(file))).toEqual(made);
    for (const [file, text] of files)
      expect(readFileSync(file, 'utf8') === text, `${file} is out of date: npm run catalogue`).toBe(true);
  });
});

describe('the build of a catalogue', () => {
  it('refuses a change of a released schema that stored events could contradict, and says what to do', async () => {
    const { files, faults } = await build({ declared: changed('context.create', lacking('name')) });
    expect(files.size).toBe(0);
    expect(faults).toEqual([
      'context.create, version 1: /name: it was removed. Events of this version may be stored: ' +
        'leave it as it was released, and declare version 2 with the change, and an upcaster if ' +
        'one can be written. If no event of it was ever sent, build with --withdraw ' +
        'context.create@1',
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

  it('follows compatible changes and additions', async () => {
    const added = changed('context.create', schema => ({
      ...schema,
      properties: { ...schema.properties, note: { type: 'string', description: 'Why.' } },
    }));
    const [first] = added.filter(({ definition }) => definition.action === 'user.create') as [Declared];
    const definition = { ...first.definition, action: 'user.rename', deprecated: 'Use user.create.' };
    const source = join(root, 'actions', 'user.rename.ts');
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

describe('a released version that no event was sent of', () => {
  const broken = changed('context.create', lacking('name'));
  const release = (files: ReadonlyMap<string, string>) =>
    JSON.parse([...files].find(([file]) => file.endsWith('released.json'))![1]) as Released;

  it.each(['context.create', 'context.create@1'])(
    'is withdrawn as %s, and released as it is now',
    async name => {
      const { files, faults, added, withdrawn } = await build({ declared: broken, withdraw: [name] });
      expect(faults).toEqual([]);
      expect(withdrawn).toEqual(['context.create, version 1']);
      expect(added).toEqual(withdrawn);
      expect(Object.keys(release(files)['context.create']![1]!.properties)).toEqual(['groups']);
    },
  );

  it('is withdrawn with its action, if that is gone', async () => {
    const without = declared.filter(({ definition }) => definition.action !== 'user.create');
    const { files, faults, withdrawn } = await build({ declared: without, withdraw: ['user.create'] });
    expect(faults).toEqual([]);
    expect(withdrawn).toEqual(['user.create, version 1']);
    expect(release(files)).not.toHaveProperty(['user.create']);
  });

  it('is withdrawn by its number if the action has several', async () => {
    const [schema] = Object.values(releasedOf(root)['user.create']!);
    const released = { ...releasedOf(root), 'user.create': { 1: schema!, 2: schema! } };
    const { faults } = await build({ released, withdraw: ['user.create'] });
    expect(faults).toContain(
      'Nothing was released as user.create; say which version to withdraw: user.create@1, user.create@2',
    );
    const { files, withdrawn } = await build({ released, withdraw: ['user.create@2'] });
    expect(withdrawn).toEqual(['user.create, version 2']);
    expect(Object.keys(release(files)['user.create']!)).toEqual(['1']);
  });

  it.each([
    ['order.pay', 'order.pay was never released, so there is nothing of it to withdraw'],
    [
      'context.create@2',
      'Nothing was released as context.create@2; say which version to withdraw: context.create@1',
    ],
    [
      'context.create@x',
      'Nothing was released as context.create@x; say which version to withdraw: context.create@1',
    ],
    ['user.create', 'user.create, version 1 can be built as it is; there is nothing to withdraw'],
  ])('is the only thing that can be withdrawn, and not %s', async (name, message) => {
    const { files, faults } = await build({ declared: broken, withdraw: ['context.create', name] });
    expect(faults).toEqual([message]);
    expect(files.size).toBe(0);
  });

  it('is kept if it was not named, whatever else was', async () => {
    const { faults } = await build({ declared: broken, withdraw: [] });
    expect(faults).toEqual([expect.stringMatching(/^context\.create, version 1: \/name: it was removed/)]);
  });
});
