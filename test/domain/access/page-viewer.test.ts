import { describe, expect, it } from 'vitest';
import { pageSecretHeader, seenAddress, viewerHeader } from '#domain/access/page-viewer.ts';

describe('the address of a request', () => {
  const edge = '203.0.113.9';
  const secret = 'a-secret-of-the-distribution';
  const sent = (headers: Record<string, string>, known: string | undefined = secret) =>
    seenAddress(edge, headers, known);

  it('is the viewer’s if the page’s distribution vouches for it', () => {
    expect(sent({ [pageSecretHeader]: secret, [viewerHeader]: '198.51.100.7' })).toBe('198.51.100.7');
    expect(sent({ [pageSecretHeader]: secret, [viewerHeader]: '2001:DB8::1' })).toBe('2001:db8::1');
  });

  it('is that of the connection if nobody vouches for another', () => {
    expect(sent({})).toBe(edge);
    expect(sent({ [viewerHeader]: '198.51.100.7' })).toBe(edge);
    expect(sent({ [pageSecretHeader]: 'a guess', [viewerHeader]: '198.51.100.7' })).toBe(edge);
    expect(sent({ [pageSecretHeader]: '', [viewerHeader]: '198.51.100.7' })).toBe(edge);
  });

  it('is that of the connection if there is no page', () => {
    for (const known of [undefined, ''])
      expect(seenAddress(edge, { [pageSecretHeader]: '', [viewerHeader]: '198.51.100.7' }, known)).toBe(edge);
  });

  it('is none rather than that of the distribution if the viewer’s cannot be read', () => {
    expect(sent({ [pageSecretHeader]: secret })).toBe('');
    expect(sent({ [pageSecretHeader]: secret, [viewerHeader]: 'elsewhere' })).toBe('');
  });
});
