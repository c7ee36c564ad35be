import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complete, placeAt, suggestFields, suggestValues } from '#web/log/suggest.ts';

const at = (marked: string) => placeAt(marked.replace('|', ''), marked.indexOf('|'));

describe('a place in a query', () => {
  it('is that of a field, of a value, or of nothing', () => {
    expect(at('|')).toMatchObject({ kind: 'field', written: '' });
    expect(at('x -act|')).toMatchObject({ kind: 'field', written: 'act', start: 3, end: 6 });
    expect(at('action:us|')).toMatchObject({ kind: 'value', field: 'action', written: 'us', start: 7 });
    expect(at('-actor:a,b|')).toMatchObject({ kind: 'value', field: 'actor', written: 'b' });
    expect(at('actor:(a OR b|')).toMatchObject({ kind: 'value', field: 'actor', written: 'b' });
    expect(at('who:me|')).toBeUndefined();
    expect(at('actor:"a b|')).toMatchObject({ kind: 'field' });
    expect(at('x -payload.pull_req|')).toMatchObject({
      kind: 'field',
      written: 'payload.pull_req',
      start: 3,
    });
    expect(at('payload.a.b:ma|')).toMatchObject({ kind: 'value', field: 'payload.a.b', written: 'ma' });
    expect(at('payload."a b".c:(x OR ma|')).toMatchObject({ field: 'payload."a b".c', written: 'ma' });
    expect(at('metadata."a.b":m|')).toMatchObject({ field: 'metadata.a.b', written: 'm' });
    expect(at('request.id:m|')).toBeUndefined();
  });

  it('is within the text, whatever that is', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(50), (text, caret) => {
        const place = placeAt(text, Math.min(caret, text.length));
        if (place) expect(text.slice(place.start, place.end)).toBe(place.written);
      }),
    );
  });
});

describe('a suggestion', () => {
  const values = ['user.login', 'context.user', 'say "hi"'].map(value => ({ value, description: undefined }));
  const place = { kind: 'value', field: 'action', start: 7, end: 9, written: 'us' } as const;

  it('begins with what is written, or holds it', () => {
    expect(suggestFields('act').map(({ text }) => text)).toEqual(['action:', 'actor:']);
    const paths = ['payload.branch:', 'payload.bucket:', 'metadata.b:'].map(text => ({
      text,
      description: '',
    }));
    expect(suggestFields('payl', paths).map(({ text }) => text)).toEqual(['payload.']);
    expect(suggestFields('payload.b', paths).map(({ text }) => text)).toEqual([
      'payload.branch:',
      'payload.bucket:',
    ]);
    expect(suggestFields('payload.', paths, 1)).toHaveLength(1);
    expect(suggestValues({ ...place, field: 'payload."a b"', written: '' }, values, 1)[0]!.text).toBe(
      'user.login',
    );
    expect(suggestValues(place, values).map(({ text }) => text)).toEqual(['user.login', 'context.user']);
    expect(suggestValues({ ...place, written: 'hi' }, values)[0]!.text).toBe('"say \\"hi\\""');
    expect(suggestValues({ ...place, written: '' }, values, 2)).toHaveLength(2);
  });

  it('takes the place of what is written, with a blank after a value', () => {
    expect(complete('action:us', place, 'user.login')).toEqual({ text: 'action:user.login ', caret: 18 });
    expect(complete('action:us x', place, 'user.login')).toEqual({ text: 'action:user.login x', caret: 17 });
    expect(complete('x act', { kind: 'field', start: 2, end: 5, written: 'act' }, 'actor:')).toEqual({
      text: 'x actor:',
      caret: 8,
    });
  });
});
