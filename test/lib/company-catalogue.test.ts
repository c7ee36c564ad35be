import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import type { Resource } from './synth.ts';
import { cdkSynth } from './synthesis.ts';

/** What the set says of one of its actions. */
const example = 'A context was created: a named set';
const refund = `export const action = {
  action: 'order.refund',
  description: 'Money was paid back.',
  emittedWhen: 'When the refund is booked.',
  targetType: 'order',
  owner: 'payments',
  versions: { 1: { since: '2026-11-25', schema: { type: 'object', properties: {} }, example: {} } },
};
`;

describe('a stack with a catalogue of the company', () => {
  it('has its actions in the bundles of browse, deliver, describe, manage and receive, and in no other', async () => {
    const folder = join(await temporaryDirectory(), 'audit-events');
    await mkdir(join(folder, 'actions'), { recursive: true });
    await writeFile(join(folder, 'actions', 'order.refund.js'), refund);
    expect(await annals(['catalogue', 'build', '--catalogue', folder])).toMatchObject({ code: 0 });
    const strict = { 'annals:catalogue': folder, 'annals:catalogueMode': 'strict' };
    const own = await bundlesOf(strict);
    expect(own('order.refund')).toEqual(['Browse', 'Deliver', 'Describe', 'Manage', 'Receive']);
    expect(own('audit_log.admin.grant')).toEqual(
      expect.arrayContaining(['Browse', 'Deliver', 'Describe', 'Manage', 'Receive']),
    );
    // The examples of Annals are there only if they are chosen.
    expect(own(example)).toEqual([]);
    const both = await bundlesOf({ ...strict, 'annals:catalogueWith': 'circleci' });
    expect(both('order.refund')).toEqual(['Browse', 'Deliver', 'Describe', 'Manage', 'Receive']);
    expect(both(example)).toEqual(['Browse', 'Deliver', 'Describe', 'Manage', 'Receive']);
    expect((await bundlesOf({}))(example)).toEqual(['Browse', 'Deliver', 'Describe', 'Manage', 'Receive']);

    await rm(join(folder, 'generated'), { recursive: true });
    await expect(cdkSynth(await temporaryDirectory(), { 'annals:catalogue': folder })).rejects.toMatchObject({
      stderr: expect.stringContaining('has not been built; run'),
    });
  });
});

/** The functions whose bundle holds a text. */
const bundlesOf = async (context: Record<string, string>) => {
  const out = await temporaryDirectory();
  await cdkSynth(out, context);
  const { Resources } = JSON.parse(await readFile(join(out, 'Annals.template.json'), 'utf8')) as {
    Resources: Record<
      string,
      Resource & { Properties: { Code: { S3Key: string }; Environment: { Variables: object } } }
    >;
  };
  const bundles = new Map<string, string>();
  for (const [id, { Type, Properties }] of Object.entries(Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const asset = `asset.${Properties.Code.S3Key.replace(/\.zip$/, '')}`;
    bundles.set(id.replace(/Function.*/, ''), await readFile(join(out, asset, 'index.mjs'), 'utf8'));
    if (id.startsWith('Receive'))
      expect(Properties.Environment.Variables).toMatchObject({
        ANNALS_CATALOGUE_MODE: context['annals:catalogueMode'] ?? 'open',
      });
  }
  return (text: string): string[] =>
    [...bundles]
      .filter(([, bundle]) => bundle.includes(text))
      .map(([name]) => name)
      .sort();
};
