import { expect, it } from 'vitest';
import { splunkForm } from '#domain/deliver/splunk.ts';

const event = { id: 'e', occurredAt: '2026-11-23T12:00:00.123456789Z' };
const verdict = (status: number, body: string) => splunkForm.verdict({ status, body }, 0);

it('wraps lines with their time and their tokens, one object after the other', () => {
  const entries = [
    splunkForm.entry({ text: '{"a":1.50}\n', event }, 0).text,
    splunkForm.entry({ text: '{"run":1}', event: undefined }, 0).text,
  ];
  expect(splunkForm.body(entries)).toBe(
    '{"time":1795435200.123,"source":"annals","sourcetype":"annals:event","event":{"a":1.50}}\n' +
      '{"source":"annals","sourcetype":"annals:manifest","event":{"run":1}}\n',
  );
});

it('believes a success only if it is that of the collector', () => {
  expect(verdict(200, '{"text":"Success","code":0}')).toEqual({ kind: 'taken' });
  for (const body of ['<html>Sign in</html>', '{"text":"x","code":9}', ''])
    expect(verdict(200, body)).toMatchObject({ kind: 'failed', code: 'unexpected_answer' });
  expect(verdict(400, '{"text":"Invalid data format","code":6,"invalid-event-number":3}')).toMatchObject({
    kind: 'refused',
  });
  expect(verdict(503, '{"text":"Server is busy","code":9}')).toMatchObject({ code: 'server_error' });
});
