/**
 * What is known of each query, and which query belongs to a token: a file each. A damaged one stands for a
 * query that has failed, since its export then starts it again. None keeps an installation from starting.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asAbsent, writeDurably } from '#embedded/files.ts';
import type { Log } from '#functions/runtime/log.ts';

const states = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const;

export type Execution = {
  id: string;
  state: (typeof states)[number];
  reason?: string;
  submittedAt: number;
  completedAt?: number;
  bytesScanned: number;
  /** A hash of the query and its parameters, to which a token belongs. */
  query: string;
};

export type Started = { id: string; query: string };

export class QueryRecords {
  readonly #directory: string;
  readonly #temporary: string;
  readonly #log: Log;
  /** The queries of this process that have not ended. */
  readonly #open = new Set<string>();

  constructor(directory: string, temporary: string, log: Log) {
    this.#directory = directory;
    this.#temporary = temporary;
    this.#log = log;
  }

  /** Deletes the records that are older than `keptMs`. */
  async expire(nowMs: number, keptMs: number): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      const file = await stat(path).catch(asAbsent);
      if (file?.isFile() && nowMs - file.mtimeMs > keptMs) await rm(path, { force: true });
    }
  }

  /**
   * The record of a query; undefined if there is none. A query that another process left running has failed:
   * nothing is read for that until somebody asks, however many queries there were.
   */
  async load(id: string): Promise<Execution | undefined> {
    if (!isId(id)) return undefined;
    // Asked before the record is read: the query may end, and be recorded, in between.
    const wasOpen = this.#open.has(id);
    const execution = await this.#read(`${id}.json`, isExecution);
    if (execution === 'damaged') return failed(id, 'The record of the query is damaged');
    const isOpen = execution?.state === 'QUEUED' || execution?.state === 'RUNNING';
    return isOpen && !wasOpen && !this.#open.has(id)
      ? { ...execution, ...ended('The process that ran the query ended', execution.submittedAt) }
      : execution;
  }

  async save(execution: Execution): Promise<void> {
    const { id, state } = execution;
    this.#open.add(id);
    await this.#write(`${id}.json`, execution);
    if (state === 'SUCCEEDED' || state === 'FAILED') this.#open.delete(id);
  }

  /** The query that was started with a token; undefined if none is known. */
  async started(token: string): Promise<Started | undefined> {
    const started = await this.#read(tokenName(token), isStarted);
    return started === 'damaged' ? undefined : started;
  }

  start(token: string, started: Started): Promise<void> {
    return this.#write(tokenName(token), started);
  }

  async #read<T>(name: string, isRight: (value: Partial<T>) => boolean): Promise<T | undefined | 'damaged'> {
    const path = join(this.#directory, name);
    const text = await readFile(path, 'utf8').catch(asAbsent);
    if (text === undefined) return undefined;
    const value = parse<T>(text);
    if (value !== undefined && isRight(value)) return value as T;
    this.#log('warn', 'The record of a query is damaged; an export that needs it starts it again', { path });
    return 'damaged';
  }

  #write(name: string, record: object): Promise<void> {
    return writeDurably(this.#temporary, join(this.#directory, name), JSON.stringify(record));
  }
}

const ended = (reason: string, completedAt: number) => ({ state: 'FAILED' as const, reason, completedAt });
const failed = (id: string, reason: string): Execution => ({
  id,
  ...ended(reason, 0),
  submittedAt: 0,
  bytesScanned: 0,
  query: '',
});

const isId = (text: string): boolean => /^[0-9a-f-]{36}$/.test(text);
const tokenName = (token: string): string => `token-${createHash('sha256').update(token).digest('hex')}.json`;

const isExecution = ({ id, state, submittedAt, bytesScanned }: Partial<Execution>): boolean =>
  typeof id === 'string' &&
  states.some(known => known === state) &&
  typeof submittedAt === 'number' &&
  typeof bytesScanned === 'number';
const isStarted = ({ id, query }: Partial<Started>): boolean =>
  typeof query === 'string' && typeof id === 'string' && isId(id);

const parse = <T>(text: string): Partial<T> | undefined => {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Partial<T>) : undefined;
  } catch {
    // A verdict; the caller reports it.
    return undefined;
  }
};
