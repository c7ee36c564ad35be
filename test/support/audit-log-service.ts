/** A service on loopback that answers as the test says, and remembers what it stores. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { EventCatalogue } from '#client/events.ts';
import {
  AuditLog,
  type AuditLogOptions,
  bearer,
  type RefusedEvent,
  type Unavailable,
  type WarnedEvent,
} from '#client/index.ts';

export type Line = { id: string; occurred_at: string; action: string; [member: string]: unknown };
export type Scripted =
  | { status: number; body?: unknown; headers?: Record<string, string> }
  | 'cut'
  | 'hang'
  | undefined;

/** The answer if everything is stored. */
export const stored = (lines: readonly Line[]): Exclude<Scripted, string | undefined> => ({
  status: 202,
  body: { accepted: lines.length, events: lines.map(({ id }, index) => ({ index, id })), rejected: [] },
});

export const startService = async (
  script: (lines: Line[], request: number) => Scripted = () => undefined,
) => {
  const requests: { lines: Line[]; text: string; headers: IncomingHttpHeaders; path: string | undefined }[] =
    [];
  const kept = new Map<string, Line>();
  const server = createServer(async (request, response) => {
    request.setEncoding('utf8');
    let text = '';
    for await (const chunk of request) text += chunk as string;
    const lines = text.split('\n').map(line => JSON.parse(line) as Line);
    requests.push({ lines, text, headers: request.headers, path: request.url });
    const answer = script(lines, requests.length) ?? stored(lines);
    if (answer === 'hang') return;
    if (answer === 'cut') {
      response.destroy();
      return;
    }
    const { events } = (answer.body ?? {}) as { events?: ({ index: number } | null)[] };
    if ([200, 202, 207, 503].includes(answer.status) && Array.isArray(events))
      for (const { index } of events.map(event => Object(event) as { index: number }))
        if (lines[index]) kept.set(lines[index].id, lines[index]);
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, requests, kept, server };
};

/** A client of the service with short pauses, which returns what its hooks received. */
export const openClient = <C extends EventCatalogue = AnyCatalogue>(
  url: string,
  options: Partial<AuditLogOptions> = {},
) => {
  const refused: RefusedEvent[] = [];
  const unavailable: Unavailable[] = [];
  const warned: WarnedEvent[] = [];
  const errors: string[] = [];
  const log = new AuditLog<C>({
    url,
    authorize: bearer('token'),
    onRefused: event => void refused.push(event),
    onUnavailable: state => void unavailable.push(state),
    onWarning: event => void warned.push(event),
    onError: error => void errors.push(error.message),
    flushMs: 5,
    maxPauseMs: 20,
    ...options,
  });
  onTestFinished(() => log.close({ timeoutMs: 0 }).then(() => undefined));
  return { log, refused, unavailable, warned, errors };
};

export type AnyCatalogue = { [action: string]: { target: string; payloads: { 1: object } } };

export const anEvent = (n = 0) => ({
  action: 'context.create',
  actor: { id: 'u-1', type: 'user' },
  target: { id: `c-${n}`, type: 'context' },
  success: true,
});
