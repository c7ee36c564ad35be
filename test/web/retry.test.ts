import { describe, expect, it } from 'vitest';
import { onRetry, retryNow, sleepUntilRetry } from '#web/retry.ts';

const longMs = 1_000_000;

describe('what has failed', () => {
  it.each([
    ['the browser is online again', (page: EventTarget) => page.dispatchEvent(new Event('online'))],
    ['somebody asks for it', retryNow],
  ])('is tried again at once if %s', async (_, happen) => {
    const page = new EventTarget();
    const stop = new AbortController();
    const slept = sleepUntilRetry(longMs, stop.signal, page);
    happen(page);
    await slept;
    stop.abort(new Error('the timer ends'));
  });

  it('waits no longer if nobody wants it', async () => {
    const stop = new AbortController();
    const slept = sleepUntilRetry(longMs, stop.signal, new EventTarget());
    stop.abort(new Error('gone'));
    await expect(slept).rejects.toThrow('gone');
  });

  it('is not tried again once nobody listens', () => {
    const page = new EventTarget();
    let times = 0;
    const stop = onRetry(() => times++, page);
    retryNow(page);
    stop();
    retryNow(page);
    expect(times).toBe(1);
  });
});
