/**
 * The events of the demo: all fourteen actions of CircleCI's audit log, with what happens in a real log: copies, a copy
 * with different content, an id used twice, late arrivals, and invalid lines. The expected outcome is written beside
 * each line, independently of the code that produces it.
 */

export const demoScope = 'acme';

/** A line to send, and whether it becomes a row of the CSV, is a copy of an earlier one, or is refused. */
export type DemoLine = { text: string; becomes: 'row' | 'copy' | 'refused' };

const actions: readonly [action: string, targetType: string, payload: string][] = [
  ['context.create', 'context', '{"name":"deploy"}'],
  ['context.delete', 'context', '{"name":"old-deploy"}'],
  ['context.env_var.store', 'context', '{"variable":"AWS_REGION","2":"two","1":"one"}'],
  ['context.env_var.delete', 'context', '{"variable":"TOKEN"}'],
  ['project.env_var.create', 'project', '{"variable":"=HYPERLINK(\\"x\\")"}'],
  ['project.env_var.delete', 'project', '{"variable":"a,b\\"c\\u0000d"}'],
  [
    'project.settings.update',
    'project',
    '{"before":{"timeout":1.10},"after":{"timeout":1E5,"limit":12345678901234567890123}}',
  ],
  ['user.create', 'user', '{"login":"Zoë 🦩"}'],
  ['user.logged_in', 'user', '{"method":"saml","__proto__":{"x":-0}}'],
  ['user.logged_out', 'user', '{}'],
  ['workflow.job.approve', 'job', '{"job_name":"hold"}'],
  ['workflow.job.scheduled', 'job', '{"queue":[1,2.50,3],"queue":[1e999],"half":"\\ud83e"}'],
  ['workflow.job.start', 'job', '{"node":17}'],
  ['workflow.job.finish', 'job', '{"status":"success","duration_ms":7.1250e4}'],
];

const day = 86_400_000;

const idOf = (n: number): string => `0191f3a0-0000-7000-8000-${String(n).padStart(12, '0')}`;

const event = (n: number, occurredAtMs: number, payload?: string, id = idOf(n)): string => {
  const [action, type, ownPayload] = actions[n % actions.length]!;
  const occurredAt = `${new Date(occurredAtMs).toISOString().slice(0, 19)}.${String(n).padStart(9, '0')}Z`;
  return (
    `{"action":"${action}","actor":{"id":"u-${n % 5}","type":"user","name":"User ${n % 5}"},` +
    `"target":{"id":"t-${n % 7}","type":"${type}"},"payload":${payload ?? ownPayload},"occurred_at":"${occurredAt}",` +
    `"id":"${id}","scope":{"id":"${demoScope}","type":"account","name":"Acme"},"success":${n % 11 !== 0},` +
    `"request":{"id":"r-${n}","ip_address":"192.0.2.${n % 250}","client_trace_id":"trace-${n % 3}"}}`
  );
};

/** The requests of the demo, to be sent in this order; their events occurred around `nowMs`. */
export const demoRequests = (nowMs: number): DemoLine[][] => {
  const row = (text: string): DemoLine => ({ text, becomes: 'row' });
  const copy = (text: string): DemoLine => ({ text, becomes: 'copy' });
  const refused = (text: string): DemoLine => ({ text, becomes: 'refused' });
  const recent = Array.from({ length: 280 }, (_, n) => event(n, nowMs - n * 60_000));
  const late = Array.from({ length: 14 }, (_, i) => event(300 + i, nowMs - (2 + i) * day));
  const bad = [
    event(400, nowMs).replace('"action":"', '"action":"Context '),
    event(401, nowMs).replace('"occurred_at"', '"occuredAt"'),
    event(402, nowMs).replace(/"success":\w+/, '"success":"yes"'),
    event(403, nowMs + day),
    event(404, nowMs).replace('"scope":{', '"scope":{"id":"other",'),
    event(405, nowMs).replace('"success"', '"version":0,"success"'),
    event(406, nowMs).replace('"target":{"id":"', '"target":{"id":7,"was":"'),
    event(407, nowMs).slice(0, -2),
  ];
  const [first, second] = recent as [string, string];
  return [
    [...recent.map(row), ...bad.map(refused)],
    // The first request again, as a client retries that got no response; and an id that another event has.
    [...recent.map(copy), ...late.map(row), row(event(500, nowMs - day / 2, undefined, idOf(1)))],
    // Copies with the same key: one with its members in another order, one with different content.
    [
      copy(first.replace('{"id":"u-0","type":"user"', '{"type":"user","id":"u-0"')),
      copy(second.replace('"old-deploy"', '"changed"')),
    ],
  ];
};
