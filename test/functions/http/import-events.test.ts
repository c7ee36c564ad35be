import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { type ImportWorld, importEvents } from '#functions/http/import-events.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

const path = '/v1/imports?source=github&as_of=2026-07-01';

const linesOf = async (data: string): Promise<string[]> => {
  const ledger = join(data, 'buckets', 'ledger');
  const names = readdirSync(ledger, { recursive: true, encoding: 'utf8' });
  const files = names.filter(name => name.endsWith('.json.gz') || name.includes('.json.gz'));
  const texts = await Promise.all(
    files.map(name => text(createReadStream(join(ledger, name)).pipe(createGunzip()))),
  );
  return texts.join('').split('\n').filter(Boolean);
};

describe('POST /v1/imports', () => {
  it('files past events in the late lane, marked by the server in receipt and metadata', async () => {
    const { call, exportLog, data } = await startServer();
    const body = eventText({ action: 'repo.create', metadata: { team: 'core' } });
    const response = await call('operator', path, { method: 'POST', body });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ accepted: 1, events: [{ catalogued: false }] });
    const { rows } = await exportLog();
    expect(rows).toMatchObject([{ metadata: '{"team":"core","imported_from":"github"}', request: '' }]);
    const imported = (await linesOf(data)).find(line => line.includes('repo.create'))!;
    expect(JSON.parse(imported)).toMatchObject({
      received_from: 'arn:aws:iam::000000000000:role/annals-operator#import',
    });
    expect(readdirSync(join(data, 'buckets', 'ledger', 'events'))).toContain('lane=late');
  });

  it('is for the operator alone, and leaves the mark of a sender a mere claim', async () => {
    const { call, post, exportLog, data } = await startServer();
    for (const role of ['emitter', 'support'] as const)
      expect((await call(role, path, { method: 'POST', body: eventText() })).status).toBe(403);
    const claimed = eventText({ metadata: { imported_from: 'github' } });
    expect(await post(claimed)).toMatchObject({ status: 202 });
    await exportLog();
    const line = (await linesOf(data)).find(text => text.includes('context.create'))!;
    expect(JSON.parse(line).received_from).toBe('arn:aws:iam::000000000000:role/annals-emitter');
  });

  it('refuses what is after as_of or has no time, and gives an event without an id one of its content', async () => {
    const { call } = await startServer();
    const events = [
      eventText({ occurred_at: '2026-07-02T00:00:00Z' }),
      eventText({ id: undefined, occurred_at: undefined }),
      eventText({ id: undefined }),
    ];
    const ask = () => call('operator', path, { method: 'POST', body: `[${events.join()}]` });
    const first = (await (await ask()).json()) as { events: { id: string }[]; rejected: object[] };
    expect(first.rejected).toMatchObject([
      {
        index: 0,
        code: 'occurred_in_future',
        message: expect.stringContaining('after 2026-07-01'),
        kept: false,
      },
      { index: 1, code: 'occurred_at_required', kept: false },
    ]);
    const second = (await (await ask()).json()) as typeof first;
    expect(second.events[0]!.id).toBe(first.events[0]!.id);
  });

  it('names a wrong source or time, and a time in the future', async () => {
    const { call } = await startServer();
    const ask = async (query: string) => {
      const response = await call('operator', `/v1/imports?${query}`, { method: 'POST', body: eventText() });
      return { status: response.status, ...((await response.json()) as { detail: string }) };
    };
    expect(await ask('as_of=2026-07-01')).toMatchObject({
      status: 400,
      detail: expect.stringContaining('source'),
    });
    expect(await ask('source=A&as_of=2026-07-01')).toMatchObject({ status: 400 });
    expect(await ask('source=a')).toMatchObject({ status: 400, detail: expect.stringContaining('as_of') });
    expect(await ask('source=a&as_of=2999-01-01')).toMatchObject({
      status: 400,
      detail: expect.stringContaining('in the past'),
    });
  });

  it('names what the stream did not take', async () => {
    const world: ImportWorld = {
      buckets: 32,
      catalogue: installedCatalogue,
      nowMs: () => Date.parse('2026-11-01T00:00:00Z'),
      clock: { tick: () => '2026-11-01T00:00:00.000000000Z' },
      newId: () => 'never',
      stream: { put: async packs => ({ positions: packs.map(() => undefined), reason: 'Throttled' }) },
      log: () => undefined,
    };
    const answer = await importEvents(world, {
      event: {
        routeKey: 'POST /v1/imports',
        headers: {},
        queryStringParameters: { source: 'github', as_of: '2026-07-01' },
        body: eventText(),
        isBase64Encoded: false,
        requestContext: { requestId: 'r', http: { sourceIp: '192.0.2.1' } },
      },
      caller: { role: 'operator', principal: 'p' },
    });
    expect(answer.statusCode).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ accepted: 0, not_stored: [{ index: 0 }] });
  });
});
