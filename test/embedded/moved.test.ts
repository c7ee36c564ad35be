import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markMoved, readMoved, refuseHalfFilled, refuseMoved } from '#embedded/moved.ts';
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

  it('has a counterpart where a move leads to, which refuses a start until all is there', async () => {
    const began_at = '2026-11-26T12:00:00.000000000Z';
    const at = (status: 'copying' | 'switching' | 'done') =>
      refuseHalfFilled('/d', { get: async () => ({ format: 1, installation: 'i', status, began_at }) });
    await expect(at('copying')).rejects.toThrow('"annals move --data /d --stack STACK --back"');
    await expect(at('switching')).rejects.toThrow('has not ended');
    await at('done');
    await refuseHalfFilled('/d', { get: async () => undefined });
  });

  it('is never ignored if it is damaged', async () => {
    const root = await temporaryDirectory();
    writeFileSync(join(root, 'moved.json'), '{');
    await expect(readMoved(root)).rejects.toThrow('moved.json is damaged');
  });
});
