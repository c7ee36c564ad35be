/**
 * The thread that makes segments: it answers one call after another. Reading, sorting and compressing a segment
 * takes seconds, in which the thread that answers requests must not wait.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';

/** A call, and its answer, by number. */
export type MakerCall =
  | { id: number; method: 'clear' }
  | { id: number; method: 'add'; key: string; bytes: Uint8Array }
  | { id: number; method: 'addSegment'; bytes: Uint8Array }
  | { id: number; method: 'make'; objects: number }
  | { id: number; method: 'sum'; bytes: Uint8Array };
export type MakerAnswer = { id: number; result?: unknown; error?: string };

const maker = new SegmentMaker((workerData as { buckets: number }).buckets);

const answer = async (call: MakerCall): Promise<unknown> => {
  switch (call.method) {
    case 'clear':
      return maker.clear();
    case 'add':
      return maker.add(call.key, asBuffer(call.bytes));
    case 'addSegment':
      return maker.addSegment(asBuffer(call.bytes));
    case 'make':
      return maker.make(call.objects);
    case 'sum':
      return maker.sum(asBuffer(call.bytes));
  }
};

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

parentPort!.on('message', (call: MakerCall) => {
  const send = (message: Omit<MakerAnswer, 'id'>): void =>
    parentPort!.postMessage({ id: call.id, ...message });
  answer(call).then(
    result => send({ result }),
    error => send({ error: (error as Error).message }),
  );
});
