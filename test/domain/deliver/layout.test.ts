import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deliveryPrefix,
  nameOfId,
  openDeliveryKey,
  partKey,
  placeOfDelivery,
} from '#domain/deliver/layout.ts';
import { isName } from '#domain/event/name.ts';

describe('the keys of deliveries', () => {
  it('hold no id from outside in the state', () => {
    for (const key of [deliveryPrefix('../../x', '..'), openDeliveryKey(3, '../../x', '..')])
      expect(key).not.toMatch(/\.\.|x/);
  });

  it('name ids so that no two are the same and none leads anywhere', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter(isName);
    fc.assert(
      fc.property(names, names, (a, b) => {
        expect(nameOfId(a)).toMatch(/^[A-Za-z0-9._~-]{1,120}$/);
        expect(nameOfId(a) === nameOfId(b)).toBe(a === b);
      }),
    );
    expect(nameOfId('acme-1')).toBe('acme-1');
    expect(nameOfId('../../x')).toBe('~Li4vLi4veA');
    expect(nameOfId('x'.repeat(121))).toMatch(/^~\.[0-9a-f]{64}$/);
  });

  it('put a replay beside what was sent first', () => {
    const name = { run: 7, end: '2026-11-26T10:00:00.000000000Z' };
    expect(partKey({ ...name, kind: 'rows', part: 2 })).toBe('date=2026-11-26/000000000007-2.ndjson.gz');
    expect(partKey({ ...name, kind: 'manifest', replay: 'r' })).toBe(
      'replay=r/date=2026-11-26/000000000007-manifest.json',
    );
    expect(partKey({ ...name, kind: 'manifest', restored: 't' })).toBe(
      'restored=t/date=2026-11-26/000000000007-manifest.json',
    );
    expect(placeOfDelivery({ installation: 'i', scopeId: '..', id: 'd', incarnation: '0a' })).toBe(
      'annals/i/scope=../delivery=d.0a/',
    );
  });
});
