import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annals } from '../cli/annals.ts';
import { temporaryDirectory } from '../temporary.ts';
import { cdkSynth } from './deployed.ts';
import type { Resource } from './synth.ts';

describe('a stack with a catalogue of the company', () => {
  it('has its actions in the bundles of receive, manage and describe, and in no other', async () => {
    const folder = join(await temporaryDirectory(), 'audit-events');
    for (const args of [
      ['catalogue', 'add', 'order.refund', '--catalogue', folder],
      ['catalogue', 'build', '--catalogue', folder],
    ])
      expect(await annals(args)).toMatchObject({ code: 0 });
    const out = await temporaryDirectory();
    await cdkSynth(out, { 'annals:catalogue': folder, 'annals:catalogueMode': 'strict' });
    const { Resources } = JSON.parse(await readFile(join(out, 'Annals.template.json'), 'utf8')) as {
      Resources: Record<
        string,
        Resource & { Properties: { Code: { S3Key: string }; Environment: { Variables: object } } }
      >;
    };
    const having: string[] = [];
    for (const [id, { Type, Properties }] of Object.entries(Resources)) {
      if (Type !== 'AWS::Lambda::Function') continue;
      const asset = `asset.${Properties.Code.S3Key.replace(/\.zip$/, '')}`;
      const bundle = await readFile(join(out, asset, 'index.mjs'), 'utf8');
      if (bundle.includes('order.refund')) having.push(id.replace(/Function.*/, ''));
      if (id.startsWith('Receive'))
        expect(Properties.Environment.Variables).toMatchObject({ ANNALS_CATALOGUE_MODE: 'strict' });
    }
    expect(having.sort()).toEqual(['Describe', 'Manage', 'Receive']);

    await rm(join(folder, 'generated'), { recursive: true });
    await expect(cdkSynth(await temporaryDirectory(), { 'annals:catalogue': folder })).rejects.toMatchObject({
      stderr: expect.stringContaining('has not been built; run'),
    });
  });
});
