/**
 * What the pipeline promises, asked of two worlds by one suite: the embedded installation, and a stack on AWS
 * where `ANNALS_STACK` names one and there are credentials. What only Athena can tell (its SerDe, its CSV) is
 * told by the second.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemBackoff } from '#aws/backoff.ts';
import { openInstalledStack, readOutputs } from '#aws/deployed-stack.ts';
import { Objects } from '#aws/objects.ts';
import { startInstallation } from '#embedded/installation.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { parseCsv } from '#test/support/server.ts';

type Call = (path: string, body?: string) => Promise<Response>;
type World = { call: Call; results: Objects; close(): Promise<void> };

const openEmbedded = async (): Promise<World> => {
  const data = await mkdtemp(join(tmpdir(), 'annals-contract-'));
  const { url, keys, stop } = await startInstallation({ data, log: () => undefined });
  const s3 = new EmbeddedS3(join(data, 'buckets'), join(data, 'tmp'), ['results']);
  return {
    call: (path, body) =>
      fetch(new URL(path, url), {
        ...(body === undefined ? {} : { method: 'POST', body }),
        headers: {
          authorization: `Bearer ${path === '/v1/events' ? keys.emitter : keys.operator}`,
          accept: 'application/json',
        },
      }),
    results: new Objects(s3 as unknown as S3Client, 'results', systemBackoff),
    async close() {
      await stop();
      await rm(data, { recursive: true, force: true });
    },
  };
};

const openStack = async (name: string): Promise<World> => {
  const stack = await openInstalledStack(name);
  const { ResultsBucket } = await readOutputs(name);
  return {
    call: (path, body) =>
      stack.fetch(path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body,
      }),
    results: new Objects(new S3Client({}), ResultsBucket!, systemBackoff),
    close: async () => undefined,
  };
};

const { ANNALS_STACK } = process.env;
const worlds: [string, () => Promise<World>][] = [['the embedded installation', openEmbedded]];
if (ANNALS_STACK) worlds.push([`the stack ${ANNALS_STACK}`, () => openStack(ANNALS_STACK)]);
else
  process.stderr.write(
    '\nSKIPPED: the suite against AWS. To run it, set ANNALS_STACK to the name of a stack, and ' +
      'have credentials of a role that is mapped to the operator and has ' +
      'the policy of the output ContractPolicy.\n\n',
  );

describe.each(worlds)('%s', (_, open) => {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world?.close());

  const scope = `contract-${randomUUID()}`;
  const event = (change: object = {}) => ({
    action: 'contract.check',
    actor: { id: 'u-1', type: 'user' },
    target: { id: 't-1', type: 'thing' },
    scope: { id: scope, type: 'account' },
    occurred_at: '2026-11-01T00:00:00.123456789Z',
    id: randomUUID(),
    success: true,
    request: null,
    ...change,
  });
  const post = async (body: string) => {
    const response = await world.call('/v1/events', body);
    expect(response.status, await response.clone().text()).toBe(202);
  };
  const exportOf = async (scope_id: string) => {
    const question = { scope_id, reason: 'the contract suite' };
    const asked = await world.call('/v1/exports', JSON.stringify(question));
    expect(asked.status, await asked.clone().text()).toBe(202);
    let job = (await asked.json()) as Record<string, unknown>;
    const until = Date.now() + 240_000;
    while (!['succeeded', 'failed'].includes(String(job.status)) && Date.now() < until) {
      await new Promise(resolve => setTimeout(resolve, 500));
      job = (await (await world.call(`/v1/exports/${job.id}`)).json()) as Record<string, unknown>;
    }
    expect(job.status, JSON.stringify(job)).toBe('succeeded');
    const { url } = (await (await world.call(`/v1/exports/${job.id}/download`)).json()) as { url: string };
    const text = await (await fetch(url)).text();
    // The log says of itself that this was asked for.
    const rows = parseCsv(text);
    return { job, text, rows, events: rows.filter(({ action }) => action === 'contract.check') };
  };

  it('returns what was sent to the last character, drops a duplicate, and keeps NULL apart from empty', async () => {
    const payload =
      '{"zeta":1,"Alpha":2.50,"b":true,"n":null,"big":12345678901234567890123,"e":1E2,"neg":-0,' +
      '"u":"\\u00e9é\\u2028😀","q":"a\\"b\'c,\\nd","url":"http:\\/\\/x","":{}}';
    const line = JSON.stringify(event()).replace(/}$/, `,"payload":${payload}}`);
    await post(line);
    await post(line);
    await post(JSON.stringify(event({ id: randomUUID(), occurred_at: '2026-11-02T00:00:00Z' })));
    const { job, text, events } = await exportOf(scope);
    expect(job).toMatchObject({ rows: 3, duplicates: 1, conflicts: 0, gaps: 0 });
    expect(events[0]!.payload).toBe(payload);
    expect(events.map(({ occurred_at }) => occurred_at)).toEqual([
      '2026-11-01T00:00:00.123456789Z',
      '2026-11-02T00:00:00.000000000Z',
    ]);
    // NULL is an empty field without quotes; there is no request, and the line ends with it.
    const lines = text.split('\n').filter(line => line.startsWith('"contract.check"'));
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/,"true",$/);
    expect(text.endsWith('\n')).toBe(true);
    expect(text.charCodeAt(0)).toBe('"'.charCodeAt(0));
  });

  it('contains only the record of the request if nothing was sent', async () => {
    const { job, rows } = await exportOf(`${scope}-empty`);
    expect(job).toMatchObject({ rows: 1, duplicates: 0 });
    expect(rows.map(({ action }) => action)).toEqual(['audit_log.export.request']);
  });

  it('refuses a put if the key is taken, and a part list too', async () => {
    const key = `contract/${randomUUID()}`;
    const outcomes = await Promise.all(
      [1, 2, 3, 4].map(n => world.results.create(key, Buffer.from(String(n)))),
    );
    expect(outcomes.filter(outcome => outcome === 'created')).toHaveLength(1);
    const pieces = async function* () {
      yield Buffer.from('pieces');
    };
    expect(await world.results.createFrom(key, pieces())).toBe('exists');
    const stored = await world.results.get(key);
    expect(await world.results.replace(key, Buffer.from('new'), '"another"')).toBe(false);
    expect(await world.results.replace(key, Buffer.from('new'), stored!.etag)).toBe(true);
    expect(await world.results.deleteVersion(key, stored!.etag)).toBe(false);
    expect(await world.results.deleteVersion(key, (await world.results.get(key))!.etag)).toBe(true);
    expect(await world.results.get(key)).toBeUndefined();
    await world.results.delete(key);
  });
});
