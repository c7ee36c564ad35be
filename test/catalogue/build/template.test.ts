import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { buildCatalogue } from '#catalogue/build/build.ts';
import { readActions } from '#catalogue/build/folder.ts';
import { printTemplate } from '#catalogue/build/template.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const texts: readonly (readonly [string, string, RegExp])[] = [
  [
    'What happened, in one sentence.',
    'Money was paid back.',
    /order\.refund\.ts: description is that of the template; write what happened, in one sentence/,
  ],
  [
    'At which moment it is recorded, and whether a failed attempt is too.',
    'When the refund is booked.',
    /order\.refund\.ts: emittedWhen is that of the template; write when it is recorded/,
  ],
  [
    'What this member holds. Never a secret.',
    'What the refund is called.',
    /order\.refund\.ts: versions\.1\.schema: \/name has the description of the template; say what it holds/,
  ],
  [
    "'the team that answers for it'",
    "'payments'",
    /order\.refund\.ts: owner is that of the template; write the name of the team/,
  ],
];

/** What the build says of a file that was started, with these texts written over. */
const faultsWith = async (changes: readonly (readonly [string, string, ...unknown[]])[]) => {
  const root = await temporaryDirectory();
  await mkdir(join(root, 'actions'));
  let text = printTemplate({ action: 'order.refund' }, 'annals/catalogue');
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  await writeFile(join(root, 'actions', 'order.refund.ts'), text);
  const declared = await readActions(root);
  return (await buildCatalogue({ root, declared, beside: [], released: {}, docs: 'events.md' })).faults;
};

it('is refused as it is, each text with its file and what to write', async () => {
  const faults = await faultsWith([]);
  expect(faults).toHaveLength(texts.length);
  for (const [, , message] of texts) expect(faults.join('\n')).toMatch(message);
});

it('is taken once every text is written over', async () => {
  expect(await faultsWith(texts)).toEqual([]);
});

it.each(texts)('is refused if one text is left: %s', async (left, _, message) => {
  expect(await faultsWith(texts.filter(([from]) => from !== left))).toEqual([expect.stringMatching(message)]);
});

it('is known by its texts however they are spaced or capitalized', async () => {
  const faults = await faultsWith([
    ...texts.slice(0, 3),
    [texts[3]![0], '" The team that answers  for it. "'],
  ]);
  expect(faults).toEqual([expect.stringMatching(/owner is that of the template/)]);
});

it('is found in members at any depth', async () => {
  const placeholder = "description: 'What this member holds. Never a secret.'";
  const items = `{ type: 'object', properties: { a: { type: 'string', ${placeholder} } } }`;
  const list = `lines: { type: 'array', description: 'The lines.', items: ${items} },`;
  const faults = await faultsWith([
    ['properties: {', `properties: { ${list}`],
    [`name: { type: 'string', ${placeholder} }`, "name: { type: 'string', description: 'Its name.' }"],
    ...texts.filter((_, at) => at !== 2),
  ]);
  expect(faults).toEqual([expect.stringMatching(/\/lines\/\*\/a has the description of the template/)]);
});

it('is source whose strings say what was given, whatever quotes and escapes it has', async () => {
  for (const owner of ['payments', "the buyer's team", 'team "A"', `"A" 's`, 'back\\slash', '\\"']) {
    const text = printTemplate({ action: 'order.refund', owner }, 'annals/catalogue');
    const [, literal] = /^ {2}owner: (.*),$/m.exec(text)!;
    expect(runInNewContext(literal!)).toBe(owner);
  }
  expect(printTemplate({ action: 'order.refund' }, 'annals/catalogue')).toContain("targetType: 'order'");
});
