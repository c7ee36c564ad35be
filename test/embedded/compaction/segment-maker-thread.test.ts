import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { threadOf } from '#embedded/compaction/threaded-maker.ts';

describe('the thread that makes segments', () => {
  it('answers each call by its number, with a result or an error', async () => {
    const thread = new Worker(threadOf('embedded/compaction/segment-maker-thread.ts'), {
      workerData: { buckets: 1 },
    });
    onTestFinished(async () => void (await thread.terminate()));
    thread.postMessage({ id: 7, method: 'add', key: 'x', bytes: Buffer.alloc(0) });
    expect(await once(thread, 'message')).toEqual([
      { id: 7, result: { fault: 'its name is not one of ours' } },
    ]);
    thread.postMessage({ id: 8, method: 'make', objects: 1 });
    expect(await once(thread, 'message')).toEqual([{ id: 8, error: expect.any(String) }]);
    thread.postMessage({ id: 9, method: 'clear' });
    expect(await once(thread, 'message')).toEqual([{ id: 9, result: undefined }]);
  });
});
