/**
 * What a service imports to record audit events. `record()` makes id and time, so that every retry is the same event, and
 * returns at once; events leave in batches, and what the service did not store is sent again until it is. Nothing is
 * dropped without a word: what is not taken comes out of `onRefused`, each event once.
 */
import { randomUUID } from 'node:crypto';
import { isLoopback } from '../domain/loopback.ts';
import { receiverClock } from '../domain/receiver-clock.ts';
import { maxEventBytes, maxRequestEvents } from '../domain/request-limits.ts';
import { type Backlog, memoryBacklog } from './backlog.ts';
import { postTo, type Refusal } from './delivery.ts';
import type { AnyEvent, CataloguedEvents, EventCatalogue } from './events.ts';
import { type AuditLogOptions, NotStored, type Recorded, type RefusedEvent } from './options.ts';
import { currentRequest } from './request-context.ts';
import { Sender } from './sender.ts';
import { openSpool, type Spool } from './spool.ts';
import { signOfLifeMs } from './spool-owner.ts';

export {
  type AdapterOptions,
  expressRequestContext,
  fastifyRequestContext,
  honoRequestContext,
  withRequestContext,
} from './adapters.ts';
export {
  type Authorize,
  bearer,
  type Credentials,
  environmentCredentials,
  type SigV4Options,
  sigV4,
} from './authorization.ts';
export type { Refusal } from './delivery.ts';
export type { AnyEvent, CataloguedEvents, EventCatalogue, EventOf, Party, RequestOfEvent } from './events.ts';
export {
  type AuditLogOptions,
  NotStored,
  type Recorded,
  type RefusedEvent,
  type Unavailable,
} from './options.ts';
export { currentRequest, runInRequest } from './request-context.ts';

type Waiter = { resolve(): void; reject(error: NotStored): void };

export class AuditLog<C extends EventCatalogue = CataloguedEvents> {
  readonly #options: AuditLogOptions;
  readonly #backlog: Backlog;
  readonly #spool: Spool | undefined;
  readonly #clock = receiverClock(Date.now, () => performance.now());
  /** Of `store`, by the id of the event. */
  readonly #waiters = new Map<string, Waiter[]>();
  /** Of `flush`: resolved once the oldest batch is a later one. */
  #flushes: { upTo: number; resolve(): void }[] = [];
  readonly #sender: Sender;
  #lookingAfter: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** Throws where the URL is not safe to send to, or the spool's directory cannot be used. */
  constructor(options: AuditLogOptions) {
    this.#options = options;
    requireSafe(new URL(options.url), options.allowHttp ?? false);
    const { spool, maxBufferedBytes = 16 * 1024 * 1024 } = options;
    const limits = {
      maxEvents: Math.min(options.maxBatchEvents ?? maxRequestEvents, maxRequestEvents),
      maxBytes: options.maxBatchBytes ?? 1024 * 1024,
    };
    this.#spool =
      spool &&
      openSpool(limits, { maxBytes: 256 * 1024 * 1024, ...spool }, file => this.#tellUnreadable(file));
    this.#backlog = this.#spool ?? memoryBacklog(limits, maxBufferedBytes);
    this.#sender = new Sender({
      post: postTo(options.url, options.authorize, options.fetch ?? globalThis.fetch),
      backlog: this.#backlog,
      flushMs: options.flushMs ?? 200,
      requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
      maxPauseMs: options.maxPauseMs ?? 30_000,
      mayEndInPause: this.#spool !== undefined,
      isAwaited: () => this.#flushes.length > 0 || this.#waiters.size > 0,
      onDelivered: (lines, refused, left) => this.#tellDelivered(lines, refused, left),
      onProgress: () => this.#tellFlushes(),
      onUnavailable: state => this.#tell(() => options.onUnavailable?.(state)),
    });
    if (this.#spool) {
      this.#lookAfterSpool();
      this.#lookingAfter = setInterval(() => this.#lookAfterSpool(), signOfLifeMs).unref();
    }
  }

  /** Records an event; never waits and never throws. What is not taken is told to `onRefused`. */
  record(event: AnyEvent<C>): Recorded {
    const recorded = { id: '', occurred_at: '', isTaken: false };
    let action = '';
    let line: string | undefined;
    let refusal: LocalRefusal | undefined;
    try {
      // Whatever comes from where types do not reach is the service's to refuse.
      const given = (Object(event) === event ? event : {}) as Given;
      recorded.id = given.id ?? randomUUID();
      recorded.occurred_at =
        given.occurred_at === undefined ? this.#clock.tick() : printTime(given.occurred_at);
      action = String(given.action);
      line = encodeLine(given, recorded);
      refusal = this.#take(line);
    } catch (error) {
      refusal = ['not_serializable', `The event cannot be made into JSON (${(error as Error).name})`];
    }
    if (refusal) {
      const [code, message] = refusal;
      this.#refuse({ code, path: '', message, id: recorded.id, action, line });
    } else {
      recorded.isTaken = true;
      this.#sender.wake();
    }
    return recorded;
  }

  /** Puts a line into the backlog; gives why it cannot. */
  #take(line: string): LocalRefusal | undefined {
    if (this.#isClosed) return ['closed', 'The client has been closed'];
    if (Buffer.byteLength(line) > maxEventBytes)
      return ['event_too_large', `An event is at most ${maxEventBytes} bytes of UTF-8`];
    try {
      return this.#backlog.add(line)
        ? undefined
        : ['buffer_full', 'The service is away, and as much waits for it as may'];
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      return ['spool_failed', `The event cannot be written to the spool (${code ?? name})`];
    }
  }

  /**
   * Records an event, and resolves once the service has stored it. Rejects with `NotStored` where it is refused, or not
   * stored within `timeoutMs`; in the second case it goes on being sent.
   */
  store(event: AnyEvent<C>, { timeoutMs = 30_000 }: { timeoutMs?: number } = {}): Promise<Recorded> {
    const id = (event as Given).id ?? randomUUID();
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        const others = (this.#waiters.get(id) ?? []).filter(other => other !== waiter);
        if (others.length === 0) this.#waiters.delete(id);
        else this.#waiters.set(id, others);
        end();
      };
      const waiter: Waiter = {
        resolve: () => settle(() => resolve(recorded!)),
        reject: error => settle(() => reject(error)),
      };
      const timer = setTimeout(() => {
        const message = `The service did not store it within ${timeoutMs} ms; it goes on being sent`;
        waiter.reject(new NotStored({ code: 'timed_out', path: '', message }));
      }, timeoutMs);
      this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), waiter]);
      let recorded: Recorded | undefined;
      recorded = this.record({ ...event, id });
      this.#sender.wake(true);
    });
  }

  /** Resolves once all that has been recorded so far is stored or refused; rejects where that takes over `timeoutMs`. */
  flush({ timeoutMs = 30_000 }: { timeoutMs?: number } = {}): Promise<void> {
    const upTo = this.#backlog.seal();
    if (upTo === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        this.#flushes = this.#flushes.filter(other => other !== flush);
        end();
      };
      const flush = { upTo, resolve: () => settle(resolve) };
      const timer = setTimeout(() => {
        const message = `Not all events were stored within ${timeoutMs} ms; they go on being sent`;
        settle(() => reject(new Error(message)));
      }, timeoutMs);
      this.#flushes.push(flush);
      this.#sender.wake(true);
    });
  }

  /**
   * Takes no more events, and sends what waits for up to `timeoutMs`. What is left then stays in the spool, or, without
   * one, is told to `onRefused`. Gives how many events those are.
   */
  async close({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}): Promise<{ left: number }> {
    if (this.#isClosed) return { left: 0 };
    this.#isClosed = true;
    // What this does not reach is counted below.
    await this.flush({ timeoutMs }).catch(() => undefined);
    clearInterval(this.#lookingAfter);
    await this.#sender.end();
    const left = this.#backlog.count();
    if (!this.#spool) this.#refuseAll();
    this.#backlog.close();
    return { left };
  }

  #refuseAll(): void {
    const message = 'The client was closed before the service took it';
    for (let batch = this.#backlog.take(); batch; batch = this.#backlog.take()) {
      for (const line of batch.lines) this.#refuseLine(line, { code: 'closed', path: '', message });
      this.#backlog.settle([]);
    }
  }

  #tellDelivered(
    lines: readonly string[],
    refused: ReadonlyMap<number, Refusal>,
    left: ReadonlySet<number>,
  ): void {
    for (const [index, refusal] of refused) this.#refuseLine(lines[index]!, refusal);
    if (this.#waiters.size === 0) return;
    lines.forEach((line, index) => {
      if (left.has(index) || refused.has(index)) return;
      for (const waiter of this.#waiters.get(namesOf(line).id) ?? []) waiter.resolve();
    });
  }

  #tellFlushes(): void {
    const oldest = this.#backlog.oldest() ?? Number.POSITIVE_INFINITY;
    for (const flush of [...this.#flushes]) if (oldest > flush.upTo) flush.resolve();
  }

  #refuseLine(line: string, refusal: Refusal): void {
    this.#refuse({ ...refusal, ...namesOf(line), line });
  }

  #refuse(event: RefusedEvent): void {
    const { code, path, message } = event;
    for (const waiter of this.#waiters.get(event.id) ?? [])
      waiter.reject(new NotStored({ code, path, message }));
    this.#tell(() => this.#options.onRefused(event));
  }

  #tellUnreadable(file: string): void {
    const message = `A file of the spool was cut off, and is kept as ${file}; the events that are whole are sent`;
    const names = { id: '', action: '' };
    this.#tell(() =>
      this.#options.onRefused({ code: 'unreadable', path: '', message, ...names, line: undefined }),
    );
  }

  /** A hook that throws must not reach the product's own request, nor stop the sending. */
  #tell(hook: () => void): void {
    try {
      hook();
    } catch (error) {
      process.emitWarning(
        `A hook of the audit log's client threw: ${(error as Error).message}`,
        'AuditLogWarning',
      );
    }
  }

  #lookAfterSpool(): void {
    try {
      if (this.#spool!.lookAfter() > 0) this.#sender.wake(true);
    } catch (error) {
      const { message } = error as Error;
      process.emitWarning(
        `The spool of the audit log's client cannot be looked after: ${message}`,
        'AuditLogWarning',
      );
    }
  }
}

const requireSafe = ({ protocol, hostname }: URL, isHttpAllowed: boolean): void => {
  const isSafe = protocol === 'https:' || (protocol === 'http:' && (isLoopback(hostname) || isHttpAllowed));
  if (isSafe) return;
  throw new TypeError(
    `Expected a URL with https:, or with http: on loopback, got "${protocol}//${hostname}"; set allowHttp where something else protects the way`,
  );
};

/** What `record` looks at in an event. */
type Given = { action?: unknown; id?: string; occurred_at?: string | Date; request?: unknown };

/** Why the client itself does not take an event: code and message. */
type LocalRefusal = readonly [string, string];

/** The event as JSON, with what was made for it. Its members are copied only where it has one of these itself. */
const encodeLine = (given: Given, { id, occurred_at }: Recorded): string => {
  const request = given.request === undefined ? currentRequest() : given.request;
  if (given.id === undefined && given.occurred_at === undefined && given.request === undefined) {
    const text = JSON.stringify(given);
    if (text.startsWith('{"'))
      return `{"id":"${id}","occurred_at":"${occurred_at}","request":${JSON.stringify(request)},${text.slice(1)}`;
  }
  return JSON.stringify({ ...given, id, occurred_at, request });
};

/** A time that is none goes as it is: the service will say so. */
const printTime = (time: string | Date): string =>
  time instanceof Date && !Number.isNaN(time.getTime()) ? time.toISOString() : String(time);

const namesOf = (line: string): { id: string; action: string } => {
  const { id, action } = JSON.parse(line) as { id: string; action: string };
  return { id, action };
};
