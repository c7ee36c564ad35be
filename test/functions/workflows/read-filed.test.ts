import { describe, expect, it } from 'vitest';
import type { Cells } from '#domain/filter/filter.ts';
import type { Instant } from '#domain/time.ts';
import { readFiled } from '#functions/workflows/read-filed.ts';

const at = (n: number): Instant => `2026-11-26T10:00:${String(n).padStart(2, '0')}.000000000Z`;
/** Objects by their lane: each a list of the instants at which its rows were filed. */
const worldOf = (lanes: { ontime?: number[][]; late?: number[][] }) => {
  const texts = new Map<string, Cells[]>();
  const listed = (lane: 'ontime' | 'late') =>
    (lanes[lane] ?? [])
      .map((filed, n) => {
        const key = `${lane}-${n}`;
        texts.set(
          key,
          filed.map(second => ({ id: `${second}`, filed_at: at(second) })),
        );
        return { key, bytes: 1, firstFiledAt: at(filed[0]!) };
      })
      .reverse();
  const objects = { ontime: listed('ontime'), late: listed('late') };
  const read: string[] = [];
  return {
    read,
    world: {
      days: {
        objects: async ({ lane, date }: { lane: 'ontime' | 'late'; date: string }, to: Instant) =>
          date === '2026-11-26' ? objects[lane].filter(({ firstFiledAt }) => firstFiledAt < to) : [],
      },
      rows: {
        rows: async ({ key }: { key: string }) => {
          read.push(key);
          return texts.get(key)!.map(cells => ({ cells, bytes: 1 }));
        },
      },
    },
  };
};
const idsOf = async (lanes: Parameters<typeof worldOf>[0], from: number, to: number) => {
  const { world, read } = worldOf(lanes);
  const ids: string[] = [];
  for await (const stretch of readFiled(world, { bucket: 0, scopeId: 'a', from: at(from), to: at(to) })) {
    ids.push(...stretch.rows.map(({ cells }) => String(cells.id)));
    for (const { cells } of stretch.rows) expect(String(cells.filed_at) < stretch.upTo).toBe(true);
  }
  return { ids, read };
};

describe('the rows of a scope in the order of filing', () => {
  it('come from both lanes', async () => {
    const { ids } = await idsOf(
      {
        ontime: [
          [1, 4],
          [5, 9],
        ],
        late: [[2, 3, 6], [7]],
      },
      0,
      20,
    );
    expect(ids).toEqual(['1', '2', '3', '4', '5', '6', '7', '9']);
  });

  it('begin and end within objects', async () => {
    const { ids, read } = await idsOf({ ontime: [[1, 2], [3, 4, 5], [6, 7], [8]] }, 4, 7);
    expect(ids).toEqual(['4', '5', '6']);
    expect(read).toEqual(['ontime-1', 'ontime-2']);
  });

  it('count once though an overtaken run of archive has left them again', async () => {
    const { ids } = await idsOf(
      {
        ontime: [
          [1, 2],
          [1, 2, 3, 4],
          [3, 4, 5],
        ],
      },
      0,
      20,
    );
    expect(ids).toEqual(['1', '2', '3', '4', '5']);
    // One that is short and begins together with that which reaches into the window.
    expect(
      (
        await idsOf(
          {
            ontime: [
              [1, 2, 3],
              [1, 2],
            ],
          },
          3,
          20,
        )
      ).ids,
    ).toEqual(['3']);
  });

  it('are none of an empty window', async () => {
    expect((await idsOf({ ontime: [[1]] }, 5, 5)).ids).toEqual([]);
  });
});
