import { describe, expect, it } from 'vitest';
import { NotRecorded } from '#aws/self-audit.ts';
import { UnreadableRecord } from '#aws/state/record.ts';
import { NotTaken } from '#aws/stream.ts';
import { answerTo } from '#functions/http/failure-answer.ts';

const unavailable = Object.assign(new Error('a secret'), { $metadata: { httpStatusCode: 503 } });

describe('a failure below a handler', () => {
  it.each<[string, Error, string, boolean]>([
    ['not recorded', new NotRecorded({ cause: 'a secret' }), '503 not_recorded', true],
    ['not taken by the stream', new NotTaken('a secret'), '503 stream_unavailable', true],
    ['of the storage', unavailable, '503 state_unavailable', true],
    [
      'of a damaged record',
      new UnreadableRecord('a secret', 'it is empty', ''),
      '500 record_unreadable',
      false,
    ],
  ])('%s is logged, and answered by its code without its words', (_, error, expected, isToRetry) => {
    const said: object[] = [];
    const { headers, body } = answerTo(error, (level, message, facts) =>
      said.push({ level, message, ...facts }),
    );
    const { status, code } = JSON.parse(body) as { status: number; code: string };
    expect(`${status} ${code}`).toBe(expected);
    expect('retry-after' in headers).toBe(isToRetry);
    expect(body).not.toContain('secret');
    expect(said).toMatchObject([{ level: 'error', detail: error.message }]);
  });

  it('of any other kind is thrown, so that its reason is in the log alone', () => {
    const error = new Error('secret');
    expect(() => answerTo(error, () => expect.unreachable())).toThrow(error);
  });
});
