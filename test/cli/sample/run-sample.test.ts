import { describe, expect, it } from 'vitest';
import { fillSample, goOn } from '#cli/sample/run-sample.ts';
import { openSampleDirectory } from '#cli/sample/sample-directory.ts';
import { sampleHistory } from '#cli/sample/sample-events.ts';
import { startInstallation } from '#embedded/installation.ts';
import { eventually } from '#test/support/eventually.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('the sample', () => {
  it('is filled once, and goes on until it is ended', async () => {
    const path = await temporaryDirectory();
    const mark = await openSampleDirectory(path, Date.now());
    const running = await startInstallation({
      data: path,
      log: () => undefined,
      eventSource: { windowMs: 10, maxPauseMs: 20 },
    });
    try {
      const total = async (): Promise<number> => {
        const answer = await fetch(`${running.url}/v1/events/search`, {
          method: 'POST',
          headers: { authorization: `Bearer ${running.keys.operator}` },
          body: JSON.stringify({ scope_id: 'acme', limit: 1000 }),
        });
        const { events } = (await answer.json()) as { events: { action: string }[] };
        return events.filter(({ action }) => !action.startsWith('audit_log.')).length;
      };
      const expected = sampleHistory(mark.began_ms).length;
      await fillSample(running, mark);
      expect(await total()).toBe(expected);
      // As after a crash before the mark was changed, and as at the next start.
      await fillSample(running, mark);
      await fillSample(running, await openSampleDirectory(path, 0));
      expect(await total()).toBe(expected);
      const end = goOn(running, 1);
      await eventually(async () => expect(await total()).toBeGreaterThan(expected + 5));
      await end();
      const last = await total();
      await end();
      expect(await total()).toBe(last);
    } finally {
      await running.stop();
    }
  });
});
