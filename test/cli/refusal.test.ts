import { describe, expect, it } from 'vitest';
import { codeOf, describeRefusal, readJson, refusalOf } from '#cli/refusal.ts';

const problem = (code: string, detail: string, path?: string): string =>
  JSON.stringify({ type: 'about:blank', status: 400, code, detail, path });

describe('a response that is not a success', () => {
  it.each([
    [
      problem('invalid_request', 'Expected a time', '/from'),
      '400: --from: Expected a time (invalid_request)',
    ],
    [
      problem('empty_window', 'x'),
      '400: The window is empty: --from must be earlier than --to, which is exclusive (empty_window)',
    ],
    [problem('other', 'Some\u001b detail'), '400: Some\\u001b detail (other)'],
    ['{"message":"Forbidden"}', '400: Forbidden (400)'],
    ['{"Message":"Denied"}', '400: Denied (400)'],
    ['<html>', '400: <html>'],
    ['', '400: the response has no body'],
  ])('is described with flags instead of members: %s', (text, message) => {
    expect(describeRefusal(400, text)).toBe(message);
  });

  it('is a refusal below 500, and an unknown outcome from there on', async () => {
    expect(await refusalOf(new Response('', { status: 499 }))).toMatchObject({ exitCode: 1 });
    expect(await refusalOf(new Response('', { status: 500 }))).toMatchObject({ exitCode: 3 });
  });

  it('is thrown when JSON is read; what is not JSON has an unknown outcome, and 204 has no value', async () => {
    await expect(readJson(new Response('{}', { status: 404 }))).rejects.toMatchObject({ exitCode: 1 });
    await expect(readJson(new Response('<html>'))).rejects.toMatchObject({ exitCode: 3 });
    expect(await readJson(new Response('{"a":1}'))).toEqual({ a: 1 });
    expect(await readJson(new Response(null, { status: 204 }))).toBeUndefined();
  });

  it('has a code only if it is a word', () => {
    expect(codeOf(problem('not_found', ''))).toBe('not_found');
    expect(codeOf('{"code":"\u001b"}')).toBeUndefined();
    expect(codeOf('null')).toBeUndefined();
  });
});
