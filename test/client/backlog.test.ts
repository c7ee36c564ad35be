import { describe, expect, it } from 'vitest';
import { memoryBacklog } from '#client/backlog.ts';
import { openSpool } from '#client/spool.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const limits = { maxEvents: 3, maxBytes: 100 };
const hooks = { onUnreadable: () => undefined, onTrouble: () => undefined };
const lineOf = (n: number): string => JSON.stringify({ id: `${n}`, action: 'a.b' });
const idsOf = (lines: readonly string[]): number[] =>
  lines.map(line => Number((JSON.parse(line) as { id: string }).id));

describe.each([
  ['in memory', async () => memoryBacklog(limits, 10_000)],
  [
    'on disk',
    async () => openSpool(limits, { directory: await temporaryDirectory(), maxBytes: 10_000 }, hooks),
  ],
])('a backlog %s', (_, open) => {
  it('gives batches in the order of recording, each within its limits, until they are settled', async () => {
    const backlog = await open();
    expect(backlog.take()).toBeUndefined();
    expect(backlog.seal()).toBeUndefined();
    for (let n = 0; n < 7; n++) expect(backlog.add(lineOf(n))).toBe(true);
    expect(backlog.count()).toBe(7);
    const seen: number[][] = [];
    for (let batch = backlog.take(); batch; batch = backlog.take()) {
      expect(backlog.take()).toBe(batch);
      expect(backlog.oldest()).toBe(batch.number);
      seen.push(idsOf(batch.lines));
      backlog.acknowledge([]);
    }
    expect(seen).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(backlog.count()).toBe(0);
    expect(backlog.oldest()).toBeUndefined();
    backlog.close();
  });

  it('keeps the unsettled events of a batch, before later ones', async () => {
    const backlog = await open();
    for (let n = 0; n < 4; n++) backlog.add(lineOf(n));
    const { lines } = backlog.take()!;
    backlog.acknowledge([lines[1]!]);
    expect(idsOf(backlog.take()!.lines)).toEqual([1]);
    expect(backlog.count()).toBe(2);
    backlog.acknowledge([]);
    expect(idsOf(backlog.take()!.lines)).toEqual([3]);
    backlog.close();
  });

  it('adds nothing to a batch that was taken or sealed', async () => {
    const backlog = await open();
    backlog.add(lineOf(0));
    expect(idsOf(backlog.take()!.lines)).toEqual([0]);
    backlog.add(lineOf(1));
    const sealed = backlog.seal()!;
    backlog.add(lineOf(2));
    backlog.acknowledge([]);
    const next = backlog.take()!;
    expect(idsOf(next.lines)).toEqual([1]);
    expect(next.number).toBe(sealed);
    backlog.acknowledge([]);
    expect(backlog.oldest()).toBeGreaterThan(sealed);
    backlog.close();
  });

  it('keeps a batch within its bytes', async () => {
    const backlog = await open();
    const long = JSON.stringify({ id: '1', action: 'é'.repeat(20) });
    for (let n = 0; n < 3; n++) backlog.add(long);
    expect(backlog.take()!.lines).toHaveLength(1);
    backlog.close();
  });
});
