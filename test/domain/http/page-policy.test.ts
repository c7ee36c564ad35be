import { describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from '#domain/http/page-policy.ts';

const directives = (policy: string): Map<string, string> =>
  new Map(policy.split('; ').map(text => [text.split(' ')[0]!, text.slice(text.indexOf(' ') + 1)]));

describe('the policy of the page', () => {
  it('lets nothing run, load or frame but what is named', () => {
    expect(contentSecurityPolicy()).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self' data:; img-src 'self' blob:; " +
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; " +
        "frame-ancestors 'none'; require-trusted-types-for 'script'",
    );
  });

  it('names the origins that it asks, and those that frame it', () => {
    const policy = directives(
      contentSecurityPolicy({
        connect: ['https://login.example.com'],
        frameAncestors: ['https://app.example.com', 'https://admin.example.com'],
      }),
    );
    expect(policy.get('connect-src')).toBe("'self' https://login.example.com");
    expect(policy.get('frame-ancestors')).toBe('https://app.example.com https://admin.example.com');
  });
});
