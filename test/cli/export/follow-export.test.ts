import { describe, expect, it } from 'vitest';
import type { Connection } from '#cli/connection.ts';
import { rerunExport } from '#cli/export/follow-export.ts';
import { Failure } from '#cli/failure.ts';
import type { Progress } from '#cli/progress.ts';

const progress = { say: () => undefined, clear: () => undefined } as unknown as Progress;
const running = { id: 'e-1', status: 'running' };
const refused = (exitCode: 1 | 3, message: string) => new Failure(exitCode, message);

/** Answers the retry, then each poll in turn; the last answer stays. */
const connectionOf = (...polls: (object | Error)[]): Connection => {
  let next = 0;
  const json = async (_path: string, options?: { method?: string }) => {
    if (options?.method === 'POST') return running;
    const answer = polls[Math.min(next++, polls.length - 1)]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { json } as unknown as Connection;
};

describe('an export that is followed', () => {
  it('outlives answers of status 5xx, which pass', async () => {
    const failing = refused(3, '502: Refused (502)');
    const connection = connectionOf(failing, failing, running, failing, { ...running, status: 'succeeded' });
    expect(await rerunExport(connection, 'e-1', progress)).toMatchObject({ status: 'succeeded' });
  });

  it('is left with the command that fetches it, if they do not pass', async () => {
    const connection = connectionOf(refused(3, '502: Refused (502)'));
    await expect(rerunExport(connection, 'e-1', progress)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/^502: .*"annals export download e-1"$/),
    });
  });

  it('ends at once if it is refused', async () => {
    const connection = connectionOf(refused(1, '403: no'), { ...running, status: 'succeeded' });
    await expect(rerunExport(connection, 'e-1', progress)).rejects.toMatchObject({ exitCode: 1 });
  });
});
