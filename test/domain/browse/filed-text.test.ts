import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { indexOfText, rowsOfText, spanOf } from '#domain/browse/filed-text.ts';
import { uuid } from '#test/support/browse-world.ts';
import { filed, rowText } from '#test/support/builders.ts';

const at = (second: number) => `2026-11-23T12:00:${String(second).padStart(2, '0')}.000000000Z`;
const line = (n: number, scope: string | undefined, change: Record<string, unknown> = {}): string =>
  filed(
    rowText(uuid(n), at(n), { scope: scope === undefined ? undefined : { id: scope, type: 'a' }, ...change }),
    at(30),
  ).toString();
/** Its payload is written like another row's columns. */
const forged = {
  payload: { x: '"occurred_at":"9999-12-31T00:00:00.000000000Z","scope_id":"acme"', scope_id: 'acme' },
};
const quoted = 'a"\\b\u2028';
const text = [line(3, 'acme'), line(1, 'acme'), line(2, quoted, forged), line(4, undefined, forged)].join('');

describe('the text of an object', () => {
  it('is known by the times of each scope, whatever its payloads look like', () => {
    const index = indexOfText(text)!;
    expect(index.all).toEqual({ least: at(1), greatest: at(4) });
    expect(spanOf(index, { scopeId: 'acme' })).toEqual({ least: at(1), greatest: at(3) });
    expect(spanOf(index, { scopeId: quoted })).toEqual({ least: at(2), greatest: at(2) });
    expect(spanOf(index, { scopeId: 'other' })).toBeUndefined();
    expect(spanOf(index, undefined)).toEqual(index.all);
    expect(index.scopes!.get(undefined)).toEqual({ least: at(4), greatest: at(4) });
    expect(indexOfText('')).toBeUndefined();
  });

  it('with many scopes is known as a whole', () => {
    const many = Array.from({ length: 1002 }, (_, n) => line(n % 60, `s-${n}`)).join('');
    expect(spanOf(indexOfText(many)!, { scopeId: 'none' })).toEqual({ least: at(0), greatest: at(59) });
  });

  it('gives the wanted rows of a scope, or of all', () => {
    const ids = (scopeId: string | undefined, wanted = (_: string): boolean => true) =>
      [...rowsOfText(text, scopeId === undefined ? undefined : { scopeId }, wanted)].map(
        ({ cells }) => cells.id,
      );
    expect(ids('acme')).toEqual([uuid(3), uuid(1)]);
    expect(ids('acme', when => when > at(1))).toEqual([uuid(3)]);
    expect(ids(quoted)).toEqual([uuid(2)]);
    expect(ids(undefined)).toEqual([3, 1, 2, 4].map(uuid));
    expect(ids('acm')).toEqual([]);
  });
});

it('keeps nothing of the text that it is of', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const scope = 'a scope of more characters than V8 copies';
  const time = (n: number) => `2026-11-26T10:00:00.${String(n).padStart(9, '0')}Z`;
  const filler = 'x'.repeat(1e6);
  const lines = (n: number) => `{"occurred_at":"${time(n)}","scope_id":"${scope}","x":"${filler}"}\n`;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  // Each text has a million characters, and is of no use once it is indexed.
  const kept = Array.from({ length: 40 }, (_, n) => indexOfText(Buffer.from(lines(n)).toString()));
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10e6);
  expect(kept).toHaveLength(40);
});
