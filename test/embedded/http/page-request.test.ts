import { describe, expect, it } from 'vitest';
import { refuseForeign, refuseHost } from '#embedded/http/page-request.ts';
import { Site } from '#embedded/http/site.ts';

const site = new Site('https://example.com/audit');
const own = { host: 'example.com', 'x-annals-page': '1' };
const codeOf = (headers: Record<string, string>): string | undefined => {
  const answer = refuseForeign(site, headers);
  return answer && `${answer.statusCode} ${(JSON.parse(answer.body) as { code: string }).code}`;
};

describe('a request of the page', () => {
  it.each([
    {},
    { origin: 'https://example.com' },
    { 'sec-fetch-site': 'same-origin' },
    { origin: 'https://example.com', 'sec-fetch-site': 'same-origin' },
  ])('may have %j', headers => {
    expect(codeOf({ ...own, ...headers })).toBeUndefined();
  });

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'http://example.com' },
    { origin: 'https://example.com:8443' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://example.com', 'sec-fetch-site': 'cross-site' },
  ])('with %j is from another site', headers => {
    expect(codeOf({ ...own, ...headers })).toBe('403 foreign_origin');
  });

  it('has the header of the page', () => {
    expect(codeOf({ host: 'example.com' })).toBe('401 unauthorized');
    expect(codeOf({ ...own, 'x-annals-page': '0' })).toBe('401 unauthorized');
  });

  it('has the host of the page, and a refusal says which that is', () => {
    expect(codeOf({ ...own, host: 'evil.example' })).toBe('421 misdirected');
    expect(refuseHost(site, { host: 'evil.example' })?.body).toContain('example.com');
    expect(refuseHost(site, { host: 'example.com' })).toBeUndefined();
  });
});
