/**
 * Records audit events. `record()` sets id and time, so that every retry is the same event, and returns at
 * once. Events leave in batches, and are sent again until the service has stored them. Nothing is dropped
 * silently: `onRefused` gets each event that will not be stored, once.
 */

import { isLoopback } from '../domain/loopback.ts';
import { maxRequestBytes, maxRequestEvents } from '../domain/receive/limits.ts';
import { receiverClock } from '../domain/receive/receiver-clock.ts';
import type { EventWarning, Refusal } from './answer.ts';
import { type Backlog, memoryBacklog } from './backlog.ts';
import { type Delivery, postTo } from './delivery.ts';
import { type EventLine, encodeEvent, nameOfLine, namesOf } from './event-line.ts';
import type { CataloguedEvents, EventCatalogue, NamedEvent } from './events.ts';
import { makeReporter, type Reporter } from './hooks.ts';
import { type AuditLogOptions, NotStored, type Recorded } from './options.ts';
import { keepRefused } from './refused-file.ts';
import { runInRequest } from './request-context.ts';
import { Sender } from './sender.ts';
import { openSpool, type Spool } from './spool.ts';
import { signOfLifeMs } from './spool-owner.ts';
import { messageOfThrown, nameOfThrown } from './thrown.ts';
import { type Waiter, waitFor } from './waiters.ts';
import { writeJson } from './write-json.ts';

/** The default number of events in a batch. */
const batchEvents = 500;

export class AuditLog<C extends EventCatalogue = CataloguedEvents> {
  readonly #options: AuditLogOptions;
  readonly #reporter: Reporter;
  readonly #backlog: Backlog;
  readonly #spool: Spool | undefined;
  readonly #clock = receiverClock(Date.now, () => performance.now());
  readonly #now = (): string => this.#clock.tick();
  /** Callers of `store`, by the name of the event's line. */
  readonly #waiters = new Map<string, Set<Waiter<void>>>();
  /** Callers of `flush`: resolved once the oldest batch is a later one. */
  readonly #flushes = new Map<Waiter<void>, number>();
  readonly #sender: Sender;
  #lookingAfter: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** Throws if the URL is not safe to send to, or the spool's directory cannot be used. */
  constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#reporter = makeReporter(options.onError);
    requireSafe(new URL(options.url), options.allowHttp ?? false);
    const { spool, maxBufferedBytes = 16 * 1024 * 1024 } = options;
    const limits = {
      maxEvents: Math.min(options.maxBatchEvents ?? batchEvents, maxRequestEvents),
      maxBytes: Math.min(options.maxBatchBytes ?? 1024 * 1024, maxRequestBytes),
    };
    this.#spool =
      spool &&
      openSpool(
        limits,
        { maxBytes: 256 * 1024 * 1024, ...spool },
        {
          onUnreadable: (_file, message) => this.#refuse(undefined, refusal('unreadable', message)),
          onTrouble: message => this.#reporter.report(message),
        },
      );
    this.#backlog = this.#spool ?? memoryBacklog(limits, maxBufferedBytes);
    this.#sender = new Sender({
      post: postTo(options.url, options.authorize, options.fetch ?? globalThis.fetch),
      backlog: this.#backlog,
      flushMs: options.flushMs ?? 200,
      requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
      maxPauseMs: options.maxPauseMs ?? 30_000,
      mayEndInPause: this.#spool !== undefined,
      isAwaited: () => this.#flushes.size > 0 || this.#waiters.size > 0,
      onDelivered: (lines, delivery) => this.#tellDelivered(lines, delivery),
      onNotAccepted: (line, refusal) => this.#keepRefused(line, refusal),
      onProgress: () => this.#tellFlushes(),
      onUnavailable: state => this.#reporter.tell('onUnavailable', options.onUnavailable, state),
    });
    if (this.#spool) {
      this.#lookAfterSpool();
      const lookAfter = (): void => this.#lookAfterSpool();
      this.#lookingAfter = runInRequest(null, () => setInterval(lookAfter, signOfLifeMs).unref());
    }
  }

  /** Records an event; never waits and never throws. `onRefused` gets an event that is not taken. */
  record<A extends keyof C>(event: NamedEvent<C, A>): Recorded {
    return this.#accept(encodeEvent(event, this.#now));
  }

  #accept({ id, occurred_at, line, warnings, refusal }: EventLine): Recorded {
    const fault = refusal ?? this.#take(line);
    if (fault) this.#refuse(line, fault);
    else this.#sender.wake();
    for (const warning of warnings) this.#warn(line, warning);
    return { id, occurred_at, isTaken: !fault };
  }

  /** Puts a line into the backlog; returns the reason if that fails. */
  #take(line: string): Refusal | undefined {
    if (this.#isClosed) return refusal('closed', 'The client has been closed');
    try {
      if (this.#backlog.add(line)) return undefined;
    } catch (error) {
      return refusal('spool_failed', `The event cannot be written to the spool (${nameOfThrown(error)})`);
    }
    return refusal('buffer_full', 'The service is unavailable, and no more events can wait for it');
  }

  /**
   * Records an event, and resolves once the service has stored it. Rejects with `NotStored` if the event is
   * refused, or not stored within `timeoutMs`; in the second case it is still sent later.
   */
  async store<A extends keyof C>(
    event: NamedEvent<C, A>,
    { timeoutMs = 30_000 }: { timeoutMs?: number } = {},
  ): Promise<Recorded> {
    if (Object(event) !== event) {
      const found = event === null ? 'null' : typeof event;
      const fault = refusal('not_an_object', `Expected an event, which is an object, got ${found}`);
      this.#refuse(writeJson(event, maxRequestBytes).text, fault);
      throw new NotStored(fault);
    }
    const encoded = encodeEvent(event, this.#now);
    const name = nameOfLine(encoded.line);
    const late = `The service did not store it within ${timeoutMs} ms; it is still being sent`;
    const stored = waitFor<void>(timeoutMs, () => new NotStored(refusal('timed_out', late)), {
      add: waiter => this.#waiters.set(name, (this.#waiters.get(name) ?? new Set()).add(waiter)),
      remove: waiter => {
        const others = this.#waiters.get(name);
        if (others?.delete(waiter) && others.size === 0) this.#waiters.delete(name);
      },
    });
    const recorded = this.#accept(encoded);
    this.#sender.wake(true);
    await stored;
    return recorded;
  }

  /**
   * Resolves once everything recorded so far is stored or refused; rejects if that takes longer than
   * `timeoutMs`.
   */
  async flush({ timeoutMs = 30_000 }: { timeoutMs?: number } = {}): Promise<void> {
    const upTo = this.#backlog.seal();
    if (upTo === undefined) return;
    const late = `Not all events were stored within ${timeoutMs} ms; they are still being sent`;
    const flushed = waitFor<void>(timeoutMs, () => new Error(late), {
      add: waiter => this.#flushes.set(waiter, upTo),
      remove: waiter => this.#flushes.delete(waiter),
    });
    this.#sender.wake(true);
    await flushed;
  }

  /**
   * Takes no further events, and sends waiting ones for up to `timeoutMs`. The rest stays in the spool or,
   * without a spool, goes to `onRefused`. Returns how many events those are.
   */
  async close({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}): Promise<{ left: number }> {
    if (this.#isClosed) return { left: 0 };
    this.#isClosed = true;
    // Events that are not sent in time are counted below.
    await this.flush({ timeoutMs }).catch(() => undefined);
    clearInterval(this.#lookingAfter);
    await this.#sender.end();
    const left = this.#backlog.count();
    const message = 'The client was closed before the service took it';
    for (const line of this.#backlog.close()) this.#refuse(line, refusal('closed', message));
    const waiting = new NotStored(refusal('closed', `${message}; it waits in the spool`));
    for (const waiter of [...this.#waiters.values()].flatMap(waiters => [...waiters])) waiter.reject(waiting);
    return { left };
  }

  #tellDelivered(lines: readonly string[], { stored, refused, warnings, warningsLeftOut }: Delivery): void {
    for (const [index, fault] of refused) this.#refuse(lines[index]!, fault);
    for (const { index, ...warning } of warnings) this.#warn(lines[index]!, warning);
    if (warningsLeftOut > 0) {
      const message = 'The answer of the service had no room for more warnings';
      this.#warn(undefined, { ...refusal('warnings_left_out', message), count: warningsLeftOut });
    }
    if (this.#waiters.size === 0) return;
    for (const index of stored) for (const waiter of this.#waitersOf(lines[index]!)) waiter.resolve();
  }

  #tellFlushes(): void {
    if (this.#flushes.size === 0) return;
    const oldest = this.#backlog.oldest() ?? Number.POSITIVE_INFINITY;
    for (const [flush, upTo] of [...this.#flushes]) if (oldest > upTo) flush.resolve();
  }

  #waitersOf(line: string): Waiter<void>[] {
    return this.#waiters.size === 0 ? [] : [...(this.#waiters.get(nameOfLine(line)) ?? [])];
  }

  /** `line` is undefined if nothing is known of the event. */
  #refuse(line: string | undefined, fault: Refusal): void {
    const names = line === undefined ? { id: '', action: '' } : namesOf(line);
    for (const waiter of line === undefined ? [] : this.#waitersOf(line)) waiter.reject(new NotStored(fault));
    this.#reporter.tell('onRefused', this.#options.onRefused, { ...fault, ...names, line });
  }

  #warn(line: string | undefined, warning: EventWarning): void {
    const names = line === undefined ? { id: '', action: '' } : namesOf(line);
    if (this.#options.onWarning)
      this.#reporter.tell('onWarning', this.#options.onWarning, { ...warning, ...names });
    else
      this.#reporter.report(
        `An event of the audit log has the warning "${warning.code}"; the hook onWarning gets each one`,
      );
  }

  #keepRefused(line: string, fault: Refusal): void {
    let where = '';
    try {
      if (this.#options.spool) where = `; it is kept in ${keepRefused(this.#options.spool.directory, line)}`;
    } catch (error) {
      where = '; it is not kept';
      this.#reporter.report(`An event that the service rejects cannot be kept: ${messageOfThrown(error)}`);
    }
    this.#refuse(line, { ...fault, message: fault.message + where });
  }

  #lookAfterSpool(): void {
    if (this.#spool!.lookAfter() > 0) this.#sender.wake(true);
  }
}

const refusal = (code: string, message: string): Refusal => ({ code, path: '', message });

const requireSafe = ({ protocol, hostname }: URL, isHttpAllowed: boolean): void => {
  const isSafe = protocol === 'https:' || (protocol === 'http:' && (isLoopback(hostname) || isHttpAllowed));
  if (isSafe) return;
  throw new TypeError(
    `Expected a URL with https:, or with http: on loopback, got "${protocol}//${hostname}"; set ` +
      'allowHttp if something else protects the connection',
  );
};
