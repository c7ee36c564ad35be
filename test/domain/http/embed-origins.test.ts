import { describe, expect, it } from 'vitest';
import { parseEmbedOrigins } from '#domain/http/embed-origins.ts';

describe('the origins that may hold the page in a frame', () => {
  it('are https, or of this machine, each once', () => {
    expect(
      parseEmbedOrigins(
        'https://app.example.com, https://x.example:8443,http://localhost:3000,http://[::1]:1',
      ),
    ).toEqual({
      origins: [
        'https://app.example.com',
        'https://x.example:8443',
        'http://localhost:3000',
        'http://[::1]:1',
      ],
    });
    expect(parseEmbedOrigins('https://a.example,https://a.example')).toEqual({
      origins: ['https://a.example'],
    });
  });

  it.each([
    'http://app.example.com',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com:443',
    'https://App.example.com',
    'https://*.example.com',
    '*',
    "'self'",
    'https:',
    'data:',
    'https://a.example;script-src *',
    'https://user@a.example',
    'app.example.com',
    'https://a.example,',
    '',
  ])('are not %j', text => {
    expect(parseEmbedOrigins(text)).toHaveProperty('fault');
  });
});
