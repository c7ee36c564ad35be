/**
 * A small web service with an audit log: contexts are created and deleted over HTTP, and each change is
 * recorded, with the request that caused it. Annals may be unavailable, be killed and come back: nothing is
 * lost, and the service's own requests do not wait for it.
 *
 *   npm start                                                    # in one terminal: the audit log
 *   node --import tsx examples/web-service/main.ts               # in another: the service
 *   curl -i -X POST -H 'X-Client-Trace-Id: trace-1' http://127.0.0.1:8080/contexts/deploy
 *
 * AUDIT_URL, AUDIT_TOKEN: the audit log; by default the one that `npm start` left in ./.annals. PORT: 8080 by
 * default; 0 for any free port. SPOOL: where events wait on disk; by default ./.annals-spool.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AuditLog, bearer, withRequestContext } from 'annals/client';

const { PORT = '8080', SPOOL = './.annals-spool' } = process.env;
const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
const url = process.env.AUDIT_URL ?? read<{ url: string }>('.annals/server.json').url;
const token = process.env.AUDIT_TOKEN ?? read<{ emitter: string }>('.annals/keys.json').emitter;

const audit = new AuditLog({
  url,
  authorize: bearer(token),
  spool: { directory: SPOOL },
  onRefused: ({ id, action, code, path, message }) =>
    console.error(`Event ${id} (${action}) was refused: ${code} ${path} ${message}`),
  onUnavailable: ({ message, tries, nextTryInMs }) =>
    console.error(`The audit log is away (${message}), try ${tries}; again in ${nextTryInMs} ms`),
});

const contexts = new Set<string>();

const server = createServer(
  withRequestContext((request, response) => {
    const name = /^\/contexts\/([\w-]{1,64})$/.exec(request.url ?? '')?.[1];
    const actions = { POST: 'context.create', DELETE: 'context.delete' } as const;
    const action = actions[request.method as keyof typeof actions];
    if (name === undefined || action === undefined) {
      response.writeHead(404).end('POST or DELETE /contexts/<name>\n');
      return;
    }
    const isThere = contexts.has(name);
    const success = action === 'context.create' ? !isThere : isThere;
    if (success) {
      if (isThere) contexts.delete(name);
      else contexts.add(name);
    }
    // From here on the event is on disk; the answer does not wait for the audit log.
    const { id } = audit.record({
      action,
      actor: { id: 'u-17', type: 'user', name: 'User 17' },
      target: { id: name, type: 'context', name },
      scope: { id: 'acme', type: 'account', name: 'Acme' },
      payload: { name },
      success,
    });
    response.writeHead(success ? 200 : 409, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ name, success, event: id })}\n`);
  }),
);

server.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);

/** The requests in progress end first: what they record must be sent too. */
const stop = (): void => {
  server.close(async () => {
    const { left } = await audit.close({ timeoutMs: 5000 });
    if (left > 0) console.error(`${left} events wait in ${SPOOL} for the next start`);
  });
  server.closeIdleConnections();
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
