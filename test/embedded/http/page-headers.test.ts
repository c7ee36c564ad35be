import { describe, expect, it } from 'vitest';
import { assetHeaders, configHeaders, documentHeaders } from '#embedded/http/page-headers.ts';

describe('the headers of the page', () => {
  it('let it run its own scripts and styles, and ask its own server, and nothing else', () => {
    const headers = documentHeaders([]);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self' data:; img-src 'self' blob:; " +
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'",
    );
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers['permissions-policy']).toContain('camera=()');
    expect(headers['permissions-policy']).toContain('clipboard-write=(self)');
  });

  it('let the configured origins, and no other, hold it in a frame', () => {
    const headers = documentHeaders(['https://app.example.com', 'http://localhost:3000']);
    expect(headers['content-security-policy']).toContain(
      'frame-ancestors https://app.example.com http://localhost:3000;',
    );
    expect(headers).not.toHaveProperty('x-frame-options');
  });

  it('have hashed files kept, and the configuration not', () => {
    expect(assetHeaders('text/css')).toMatchObject({
      'content-type': 'text/css',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect(configHeaders).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  });
});
