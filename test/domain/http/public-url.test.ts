import { describe, expect, it } from 'vitest';
import { parsePublicUrl } from '#domain/http/public-url.ts';

describe('a public URL', () => {
  it.each([
    ['https://example.com', 'https://example.com'],
    ['https://example.com/', 'https://example.com'],
    ['HTTP://Example.COM:8080/audit//', 'http://example.com:8080/audit'],
    ['https://[2001:db8::1]/a/b', 'https://[2001:db8::1]/a/b'],
    ['https://bücher.example/é', 'https://xn--bcher-kva.example/%C3%A9'],
  ])('%s is what links begin with: %s', (text, url) => {
    expect(parsePublicUrl(text)).toEqual({ url });
  });

  it.each([
    ['example.com', 'is not an http or https URL'],
    ['https:example.com', 'is not an http or https URL'],
    ['https:///audit', 'is not an http or https URL'],
    ['ws://example.com', 'is not an http or https URL'],
    ['https://example.com/a\nb', 'is not an http or https URL'],
    ['https://example.com\\audit', 'is not an http or https URL'],
    ['https://u:p@example.com', 'holds a user name or a password'],
    ['https://example.com/?a', 'has a query or a fragment'],
    ['https://example.com/?', 'has a query or a fragment'],
    ['https://example.com/#a', 'has a query or a fragment'],
  ])('%j is refused: it %s', (text, fault) => {
    expect(parsePublicUrl(text)).toEqual({ fault: expect.stringContaining(fault) });
  });
});
