/**
 * A maker of segments in a thread of its own. The thread is started by the first call and ends with `close`, so
 * that an installation that compacts nothing holds nothing. Its heap has a limit: what does not fit ends the
 * thread, and not the process.
 */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { ObjectExtent } from '#domain/compact/cut.ts';
import type { MadeSegment, SegmentSums } from '#domain/compact/segment-maker.ts';
import { CompactionOvertaken, type Maker, MakerCrashed } from '#functions/workflows/compact-world.ts';
import type { MakerAnswer, MakerCall } from './segment-maker-thread.ts';

/** Rows are mostly buffers outside of the heap; this is for what is beside them. */
const usualLimits: ResourceLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 };

type Waiting = { resolve(result: unknown): void; reject(error: Error): void };
/** A call without its number. */
type Call = MakerCall extends infer Each ? (Each extends MakerCall ? Omit<Each, 'id'> : never) : never;

export class ThreadedMaker implements Maker {
  readonly #buckets: number;
  readonly #limits: ResourceLimits;
  #worker: Worker | undefined;
  #calls = 0;
  #isEnded = false;
  readonly #waiting = new Map<number, Waiting>();

  constructor(buckets: number, limits: ResourceLimits = usualLimits) {
    this.#buckets = buckets;
    this.#limits = limits;
  }

  clear(): Promise<void> {
    // A thread that does not run holds nothing.
    return this.#worker ? this.#call<void>({ method: 'clear' }) : Promise.resolve();
  }

  add(key: string, bytes: Buffer): Promise<ObjectExtent | { fault: string }> {
    return this.#call({ method: 'add', key, bytes });
  }

  addSegment(bytes: Buffer): Promise<void> {
    return this.#call({ method: 'addSegment', bytes });
  }

  async make(objects: number): Promise<MadeSegment> {
    const made = await this.#call<MadeSegment>({ method: 'make', objects });
    const { buffer, byteOffset, byteLength } = made.bytes;
    return { ...made, bytes: Buffer.from(buffer, byteOffset, byteLength) };
  }

  sum(bytes: Buffer): Promise<SegmentSums> {
    return this.#call({ method: 'sum', bytes });
  }

  /** Ends the thread; what it was asked fails, and nothing is wrong. A later call starts another one. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#end(stopping());
    await worker?.terminate();
  }

  /** The same, and every later call fails too. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.close();
  }

  #call<Result>(call: Call): Promise<Result> {
    if (this.#isEnded) return Promise.reject(stopping());
    const worker = this.#started();
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage({ id, ...call });
    });
  }

  #started(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(threadOf('embedded/compaction/segment-maker-thread.ts'), {
      workerData: { buckets: this.#buckets },
      resourceLimits: this.#limits,
    });
    // A thread alone keeps no process running.
    worker.unref();
    worker.on('message', ({ id, result, error }: MakerAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    const crashed = (reason: string): void => {
      if (this.#worker === worker)
        this.#end(new MakerCrashed(`The thread that makes segments ended: ${reason}`));
    };
    worker.on('error', error => crashed((error as Error).message));
    worker.on('exit', code => crashed(`code ${code}`));
    this.#worker = worker;
    return worker;
  }

  #end(error: Error): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

const stopping = (): CompactionOvertaken =>
  new CompactionOvertaken('The installation stops; compaction goes on at its next start');

/** What a thread runs to run a file of TypeScript, by its path from the root: the same as cli/annals.js. */
export const threadOf = (entry: string): URL => {
  const launcher = new URL('../launch/launch.js', import.meta.url).href;
  const script = `import { launch } from ${JSON.stringify(launcher)}; await launch(${JSON.stringify(entry)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
};
