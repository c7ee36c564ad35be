/** Events that are hard to keep as they were sent, and some of real systems, as requests for an installation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** An event as text; the payload as it is to be sent. */
const event = (change: object, payload = '{"name":"deploy"}'): string => {
  const members = {
    action: 'context.create',
    actor: { id: 'u-1', type: 'user', name: 'U "1", ü 🦩' },
    target: { id: 'c-1', type: 'context' },
    occurred_at: '2026-03-01T00:00:00.000000001Z',
    id: uuid(1),
    scope: { id: 'acme', type: 'account' },
    success: true,
    ...change,
  };
  return `${JSON.stringify(members).slice(0, -1)},"payload":${payload}}`;
};

const realLines = readFileSync(join(root, 'test/data/real-audit-lines.ndjson'), 'utf8')
  .trimEnd()
  .split('\n')
  .map(line => (JSON.parse(line) as { raw: string }).raw);

const hardPayloads = [
  '{"n":12345678901234567890123,"x":1.10,"e":1E5,"z":-0}',
  '{"__proto__":{"__proto__":1},"10":1,"9":2}',
  '{"nul":"\\u0000","s":"\\u0041\\/\\n\\r\\n\\"\\\\","u":"\\ud83e\\udda9"}',
  '{"a":"🦩\u2028\u2029\u007f\u0085\ufeff\uffff","":""}',
  '{"half":"\\ud800","other":"\\udC00"}',
  '{"=1+1":"@x","\\u001f":"\\u0001"}',
  `{"long":"${'x\\"'.repeat(60_000)}"}`,
];

/** Ids of scopes that a quote, a pattern or an encoding could change; one of 256 characters that all need quoting. */
export const hostileScopes = [
  'acme',
  'ACME',
  'acme ',
  "o'neil; -- ?",
  "' OR '1'='1",
  'a"b,c',
  '🦩',
  '\uffee',
  '\u2028',
  '\\N',
  '\\',
  '%',
  '_',
  '?',
  '\u0024{lane}',
  "'".repeat(256),
  '🦩'.repeat(256),
];

/** In the order in which they are to be sent; ids and texts repeat on purpose. */
export const requests = (now: Date): string[][] => [
  realLines.map((raw, n) =>
    event({ id: uuid(n), action: 'vendor.event', occurred_at: now.toISOString() }, raw),
  ),
  hardPayloads.map((payload, n) => event({ id: uuid(100 + n), occurred_at: now.toISOString() }, payload)),
  [...hostileScopes, undefined].map((id, n) =>
    event({
      id: uuid(200),
      occurred_at: '2026-05-01T00:00:00Z',
      scope: id === undefined ? undefined : { id, type: 't' },
      metadata: n % 2 === 1 ? {} : { '': '"', key: '\\N' },
      request: n % 2 === 1 ? null : { id: `r${n}`, ip_address: '::1', client_trace_id: 't,"\\' },
    }),
  ),
  hostileScopes.map((id, n) =>
    event({ id: uuid(220 + n), actor: { id, type: 'user' }, target: { id, type: 't', name: id } }),
  ),
  [
    '0001-01-01T00:00:00Z',
    '1969-12-31T23:59:59.999999999Z',
    '2000-02-29T12:00:00+14:00',
    new Date(now.getTime() + 600_000).toISOString(),
  ].map((occurred_at, n) => event({ id: uuid(300 + n), occurred_at })),
  ...[0, 1, 2].map(round => [
    event({ id: uuid(400), success: round === 0 }),
    event({ id: uuid(401), action: round === 0 ? 'dup.yes' : 'dup.no' }, `{"round":${round}}`),
  ]),
];
