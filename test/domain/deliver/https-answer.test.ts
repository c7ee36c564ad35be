import { describe, expect, it } from 'vitest';
import { codeOfRefusedProbe, retryAfterMs, verdictOfStatus } from '#domain/deliver/https-answer.ts';

const nowMs = Date.parse('2026-11-26T12:00:00Z');
const verdict = (status: number, retryAfter?: string) =>
  verdictOfStatus({ status, retryAfter, body: '' }, nowMs);

describe('the answer of a receiver', () => {
  it('takes a batch by 2xx alone', () => {
    for (const status of [200, 202, 204]) expect(verdict(status)).toEqual({ kind: 'taken' });
  });

  it.each([
    [301, 'redirected'],
    [308, 'redirected'],
    [401, 'not_authorized'],
    [407, 'not_authorized'],
    [408, 'timed_out'],
    [425, 'throttled'],
    [429, 'throttled'],
    [500, 'server_error'],
    [503, 'server_error'],
    [101, 'unexpected_answer'],
  ])('fails a try by %i: %s', (status, code) => {
    expect(verdict(status)).toEqual({ kind: 'failed', code, status });
  });

  it('refuses by any other 4xx, which may be about one event', () => {
    for (const status of [400, 403, 404, 413, 422, 451])
      expect(verdict(status)).toEqual({ kind: 'refused', status, isPartial: false });
    expect(codeOfRefusedProbe(403)).toBe('not_authorized');
    expect(codeOfRefusedProbe(404)).toBe('refused');
  });

  it('asks for a pause in seconds or until a date, of at most 15 minutes', () => {
    expect(verdict(429, '20')).toMatchObject({ afterMs: 20_000 });
    expect(verdict(503, 'Thu, 26 Nov 2026 12:01:00 GMT')).toMatchObject({ afterMs: 60_000 });
    expect(retryAfterMs('999999999', nowMs)).toBe(900_000);
    expect(retryAfterMs('Fri, 26 Nov 2027 12:00:00 GMT', nowMs)).toBe(900_000);
    expect(retryAfterMs('Wed, 25 Nov 2026 12:00:00 GMT', nowMs)).toBe(0);
    expect(retryAfterMs('soon', nowMs)).toBeUndefined();
    expect(retryAfterMs(undefined, nowMs)).toBeUndefined();
  });
});
