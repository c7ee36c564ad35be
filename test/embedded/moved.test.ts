import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markMoved, readMoved, refuseMoved } from '#embedded/moved.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('the mark of an installation that has moved', () => {
  it('says where to, and whether the move has ended', async () => {
    const root = await temporaryDirectory();
    expect(await readMoved(root)).toBeUndefined();
    await refuseMoved(root);
    const moved = { stack: 'Annals', region: null, installation: 'i', status: 'switching' as const };
    await markMoved({ root, temporary: root }, moved);
    expect(await readMoved(root)).toEqual(moved);
    await expect(refuseMoved(root)).rejects.toThrow(`"annals move --data ${root} --stack Annals"`);
    await markMoved({ root, temporary: root }, { ...moved, status: 'done' });
    await expect(refuseMoved(root)).rejects.toThrow('has moved to the stack "Annals"');
  });

  it('is never ignored if it is damaged', async () => {
    const root = await temporaryDirectory();
    writeFileSync(join(root, 'moved.json'), '{');
    await expect(readMoved(root)).rejects.toThrow('moved.json is damaged');
  });
});
