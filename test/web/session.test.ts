import { describe, expect, it } from 'vitest';
import { parseConfig } from '#web/session.ts';

describe('the configuration of the page', () => {
  it('is read strictly', () => {
    expect(parseConfig('{"sign_in":"session"}')).toEqual({ sign_in: 'session' });
    const framed = '{"sign_in":"session","embed_origins":["https://app.example.com"]}';
    expect(parseConfig(framed)).toEqual({ sign_in: 'session' });
    for (const text of ['', 'null', '[]', '{}', '{"sign_in":"token"}', '{"sign_in":"session","issuer":"x"}'])
      expect(() => parseConfig(text), text).toThrow();
  });
});
