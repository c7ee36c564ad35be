/**
 * Runs commands. `annals` runs one in the process of the test, like `cli/main.ts`, which takes milliseconds.
 * `annalsProcess` starts a process, like a user, for tests of descriptors, signals or the start itself.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
export type Ended = { code: number | null; out: string; err: string };

export const annalsProcess = (args: readonly string[], input = ''): Promise<Ended> =>
  new Promise(resolve => {
    const child = spawn(process.execPath, [join(root, 'cli', 'annals.js'), ...args]);
    const ended: Ended = { code: null, out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      ended.out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      ended.err += chunk.toString();
    });
    child.stdin.end(input);
    child.on('close', code => resolve({ ...ended, code }));
  });

/** What the running command has written, by descriptor. */
let written: Record<number, Buffer[]> | undefined;
let isCapturing = false;

/** Captures what a command writes to its standard output and error; other writes are unaffected. */
const captureWrites = (): void => {
  if (isCapturing) return;
  isCapturing = true;
  const { write, writeSync } = fs;
  const keep = (descriptor: number, bytes: Uint8Array): number | undefined => {
    written?.[descriptor]?.push(Buffer.from(bytes));
    return written?.[descriptor] && bytes.length;
  };
  const writeLater = promisify(write);
  fs.write = Object.assign(((...args: Parameters<typeof write>) => write(...args)) as typeof write, {
    [promisify.custom]: async (descriptor: number, bytes: Uint8Array, at: number, length: number) => {
      const bytesWritten = keep(descriptor, bytes.subarray(at, at + length));
      return bytesWritten === undefined ? writeLater(descriptor, bytes, at, length) : { bytesWritten };
    },
  }) as unknown as typeof write;
  fs.writeSync = ((descriptor: number, bytes: Uint8Array, at: number | undefined, ...rest: []) =>
    keep(descriptor, bytes.subarray(at)) ?? writeSync(descriptor, bytes, at, ...rest)) as typeof writeSync;
  syncBuiltinESMExports();
};

/** Thrown in place of `process.exit`. */
class Exited extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`The command ended with ${code}`);
    this.code = code;
  }
}

/** Handlers of the end of the process, which are run when the command ends. */
let lastWords: (() => void)[] = [];

const runProgram = async (args: readonly string[]): Promise<number> => {
  // Imported after the writes are replaced, since it takes its functions when it is loaded.
  const { program } = await import('#cli/program.ts');
  const { ReaderGone, say } = await import('#cli/output.ts');
  const { exitCodeOf, printFailure } = await import('#cli/failure.ts');
  const exit = process.exit;
  const before = process.listeners('exit');
  process.exit = code => {
    throw new Exited(Number(code ?? 0));
  };
  try {
    // Arguments of a process are UTF-8, which has no halves of surrogate pairs.
    await program.parseAsync(
      args.map(argument => argument.toWellFormed()),
      { from: 'user' },
    );
    return 0;
  } catch (error) {
    if (error instanceof Exited) return error.code;
    if (error instanceof ReaderGone) return 0;
    say(printFailure(error));
    return exitCodeOf(error);
  } finally {
    process.exit = exit;
    const added = process.listeners('exit').filter(listener => !before.includes(listener));
    lastWords = [...lastWords, ...(added as (() => void)[])];
    for (const work of lastWords) work();
  }
};

const withEnvironment = async <T>(environment: NodeJS.ProcessEnv, work: () => Promise<T>): Promise<T> => {
  const before = { ...process.env };
  const set = (values: NodeJS.ProcessEnv): void => {
    for (const name of Object.keys(environment))
      if (values[name] === undefined) delete process.env[name];
      else process.env[name] = values[name];
  };
  set(environment);
  try {
    return await work();
  } finally {
    set(before);
  }
};

/** One command at a time, since commands share the state of the process. */
let last: Promise<unknown> = Promise.resolve();

export const annals = (
  args: readonly string[],
  input = '',
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> => {
  const run = last.then(() =>
    withEnvironment(environment, async () => {
      captureWrites();
      const output = { 1: [] as Buffer[], 2: [] as Buffer[] };
      written = output;
      const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
      const given = Readable.from(input === '' ? [] : [Buffer.from(input)], { objectMode: false });
      Object.defineProperty(process, 'stdin', { ...stdin, get: () => given });
      try {
        const code = await runProgram(args);
        const [out, err] = [output[1], output[2]].map(all => Buffer.concat(all).toString());
        return { code, out: out!, err: err! };
      } finally {
        Object.defineProperty(process, 'stdin', stdin);
        written = undefined;
      }
    }),
  );
  last = run.catch(() => undefined);
  return run;
};
