/**
 * The peer of Annals: a table in PostgreSQL with a plain `node:http` route in front, without a framework. It
 * is what a company would write in an afternoon, and a harder peer than Annals has in practice: it checks a
 * token and that each event has its required members, and knows nothing of catalogues, repairs, refused
 * events, conflicting copies, admins or manifests. Run as `node route.js <folder of the socket> <token> <port>`.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { to } from 'pg-copy-streams';

const [host, token, port] = process.argv.slice(2) as [string, string, string];
const pool = new pg.Pool({ host, user: 'postgres', database: 'postgres', max: 8 });
// A connection that is lost while idle: the next query opens another.
pool.on('error', error => process.stderr.write(`${error.message}\n`));

type Sent = { id?: string; action?: unknown; actor?: { id?: unknown }; target?: { id?: unknown } };

/** One statement is one transaction. The server takes the events out of the body as it was sent. */
const insert = {
  name: 'insert',
  text: `INSERT INTO events
    SELECT action, actor, target, payload, occurred_at, coalesce(metadata, '{}'), id, coalesce(version, 1),
      scope, success, request, scope ->> 'id', actor ->> 'id', target ->> 'id', request ->> 'id',
      request ->> 'client_trace_id', now(), 'shop', $2, $3
    FROM json_to_recordset($1::json) AS sent(action text, actor json, target json, payload json,
      occurred_at timestamptz, metadata json, id uuid, version integer, scope json, success boolean,
      request json)`,
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const answer = (response: ServerResponse, status: number, body: object): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
};

const isComplete = ({ id, action, actor, target }: Sent): boolean =>
  typeof id === 'string' && typeof action === 'string' && actor?.id !== undefined && target?.id !== undefined;

const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const text = await bodyOf(request);
  const parsed = JSON.parse(text) as Sent | Sent[];
  const events = Array.isArray(parsed) ? parsed : [parsed];
  if (!events.every(isComplete)) return answer(response, 422, { error: 'an event lacks a member' });
  const values = [Array.isArray(parsed) ? text : `[${text}]`, randomUUID(), request.socket.remoteAddress];
  await pool.query({ ...insert, values });
  const stored = events.map(({ id }, index) => ({ index, id }));
  answer(response, 202, { accepted: events.length, events: stored, rejected: [] });
};

const csv = async (scope: string, response: ServerResponse): Promise<void> => {
  const client = await pool.connect();
  try {
    const rows = client.query(
      to(`COPY (SELECT action, actor, target, payload, occurred_at, metadata, id, version, scope, success, request
        FROM events WHERE scope_id = ${client.escapeLiteral(scope)} ORDER BY occurred_at, id)
        TO STDOUT WITH (FORMAT csv, HEADER)`),
    );
    response.writeHead(200, { 'content-type': 'text/csv' });
    await pipeline(rows, response);
  } finally {
    client.release();
  }
};

const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
  if (pathname === '/healthz') {
    await pool.query('SELECT 1');
    return answer(response, 200, { status: 'ok' });
  }
  if (request.headers.authorization !== `Bearer ${token}`) return answer(response, 401, {});
  if (pathname === '/v1/events') return take(request, response);
  if (pathname === '/csv') return csv(searchParams.get('scope')!, response);
  answer(response, 404, {});
};

createServer((request, response) => {
  handle(request, response).catch(error => {
    if (response.headersSent) response.destroy();
    else answer(response, 503, { error: String(error) });
  });
}).listen(Number(port), '127.0.0.1');
