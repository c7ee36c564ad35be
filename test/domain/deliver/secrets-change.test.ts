import { expect, it } from 'vitest';
import { changeSecrets, shownOf, shownUrl } from '#domain/deliver/secrets-change.ts';

const stored = { url: 'https://u:p@siem.example.com/in?key=k', secrets: ['b', 'a'], headers: { 'x-a': '1' } };
const shown = 'https://siem.example.com/in';

it('leaves as it is what a change does not name', () => {
  expect(changeSecrets(stored, {})).toEqual(stored);
  expect(changeSecrets(stored, { url: shown })).toEqual(stored);
  // The case of a host means nothing.
  expect(changeSecrets(stored, { url: 'https://SIEM.example.com/in' })).toEqual(stored);
  expect(changeSecrets(stored, { headers: {} })).toEqual(stored);
});

it('replaces the whole URL by another one, such as one with an empty query', () => {
  for (const url of [`${shown}?`, `${shown}?key=other`, 'https://siem.example.com/other'])
    expect(changeSecrets(stored, { url })).toEqual({ ...stored, url });
});

it('keeps two secrets while one is rotated, the newest first, until the one before is removed', () => {
  const after = (secrets: string[], change: Parameters<typeof changeSecrets>[1]) =>
    changeSecrets({ ...stored, secrets }, change)!.secrets;
  expect(after([], { secret: 'a' })).toEqual(['a']);
  expect(after(['a'], { secret: 'b' })).toEqual(['b', 'a']);
  expect(after(['b', 'a'], { secret: 'c' })).toEqual(['c', 'b']);
  expect(after(['a'], { secret: 'a' })).toEqual(['a']);
  expect(after(['b', 'a'], { secret: 'a' })).toEqual(['a', 'b']);
  expect(after(['b', 'a'], { previous_secret: null })).toEqual(['b']);
  expect(after(['a'], { previous_secret: null })).toEqual(['a']);
  // At once, after a secret has leaked.
  expect(after(['b', 'a'], { secret: 'c', previous_secret: null })).toEqual(['c']);
  expect(after(['b', 'a'], { secret: null })).toEqual([]);
});

it('sets and removes headers by their names, or all of them', () => {
  const after = (headers: Parameters<typeof changeSecrets>[1]['headers']) =>
    changeSecrets(stored, { headers })!.headers;
  expect(after({ 'x-b': '2' })).toEqual({ 'x-a': '1', 'x-b': '2' });
  expect(after({ 'x-a': '3' })).toEqual({ 'x-a': '3' });
  expect(after({ 'x-a': null, 'x-b': '2' })).toEqual({ 'x-b': '2' });
  expect(after({ 'x-c': null })).toEqual({ 'x-a': '1' });
  expect(after(null)).toEqual({});
});

it('needs the URL if nothing that is stored can be read, and then takes it as the whole one', () => {
  expect(changeSecrets(undefined, { secret: 's' })).toBeUndefined();
  expect(changeSecrets(undefined, { url: shown, secret: 's' })).toEqual({
    url: shown,
    secrets: ['s'],
    headers: {},
  });
});

it('shows origin, path, names and a number', () => {
  expect(shownUrl(stored.url)).toBe(shown);
  expect(shownOf({ ...stored, headers: { 'x-b': '2', 'x-a': '1' } })).toEqual({
    url: shown,
    header_names: ['x-a', 'x-b'],
    live_secrets: 2,
  });
});
