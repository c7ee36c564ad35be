import { describe, expect, it } from 'vitest';
import { problemCodes, problems } from '#domain/http/problem.ts';
import {
  badId,
  json,
  noContent,
  notAdmin,
  problem,
  refuseRequest,
  retryLater,
} from '#functions/http/answer.ts';

const bodyOf = ({ body }: { body: string }) => JSON.parse(body) as Record<string, unknown>;

describe('an answer', () => {
  it('is JSON in one line that is never stored', () => {
    expect(json<'Runs'>(200, { runs: [] }, { location: '/x' })).toEqual({
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', location: '/x' },
      body: '{"runs":[]}\n',
    });
    expect(noContent()).toEqual({ statusCode: 204, headers: { 'cache-control': 'no-store' }, body: '' });
  });

  it('that is a problem has the status and the title of its code', () => {
    for (const code of problemCodes) {
      const { status, title } = problems[code];
      const { statusCode, headers, body } = problem(code, 'Why', { path: '/x' }, { allow: 'GET' });
      expect(statusCode, code).toBe(status);
      expect(headers).toMatchObject({ 'content-type': 'application/problem+json', allow: 'GET' });
      expect(JSON.parse(body)).toEqual({
        type: 'about:blank',
        title,
        status,
        code,
        detail: 'Why',
        path: '/x',
      });
    }
  });

  it('says when to retry, if a retry can help', () => {
    expect(retryLater('starting', 'Why').headers).toMatchObject({ 'retry-after': '1' });
  });

  it('names the place of a wrong member, and the form of an id', () => {
    const refused = refuseRequest({ code: 'reason_required', message: 'Why', path: '/reason' });
    expect(bodyOf(refused)).toMatchObject({ status: 400, detail: 'Why', path: '/reason' });
    expect(bodyOf(badId('scope')).detail).toContain('"~" and its base64url');
    expect(bodyOf(badId('scope', false)).detail).not.toContain('base64url');
  });

  it('tells a user who is not an admin who can grant it, and nothing about the scope', () => {
    expect(bodyOf(notAdmin('u-1'))).toMatchObject({
      code: 'not_an_admin',
      detail:
        'The user "u-1" is not known as an admin of the scope; the operator can grant it: annals admin grant',
    });
  });
});
