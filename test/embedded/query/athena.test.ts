import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  GetQueryExecutionCommand,
  type GetQueryExecutionCommandOutput,
  ListWorkGroupsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { describe, expect, it, onTestFinished } from 'vitest';
import { objectKey } from '#domain/archive/layout.ts';
import { encodeReceipt, encodeRow } from '#domain/archive/row.ts';
import { exportStatement } from '#domain/export/statement.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';
import { type AthenaOptions, EmbeddedAthena } from '#embedded/query/athena.ts';
import { accepted, eventText, filed } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { openBuckets } from '#test/support/world.ts';

const filedAt = '2026-11-23T12:00:00.000000000Z';
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const open = async (change: Partial<AthenaOptions> = {}, root?: string) => {
  const buckets = await openBuckets(root);
  const events: { currentState: string; queryExecutionId: string }[] = [];
  const athena = await EmbeddedAthena.open({
    s3: buckets.s3,
    ledger: 'ledger',
    views: 'views',
    directory: join(buckets.root, 'athena'),
    temporary: buckets.temporary,
    memoryLimit: '256MiB',
    threads: 1,
    log: () => undefined,
    onStateChange: ({ detail }) => void events.push(detail),
    ...change,
  });
  onTestFinished(() => athena.close());
  const file = async (bucket: number, lane: 'ontime' | 'late', ...ns: number[]) => {
    const rows = ns.map(n =>
      filed(
        encodeRow(
          accepted(eventText({ scope: { id: `s-${bucket}`, type: 't', name: 'a "b", c' } })),
          {
            id: uuid(n),
            occurredAt: filedAt,
            request: undefined,
            requestId: undefined,
            clientTraceId: undefined,
            receivedAt: filedAt,
          },
          encodeReceipt('x', 'y', undefined),
        ),
        filedAt,
      ),
    );
    const bytes = gzipSync(Buffer.concat(rows));
    const textSha256 = createHash('sha256').update(bytes).digest('hex');
    await buckets.ledger.create(
      objectKey({
        lane,
        bucket,
        firstFiledAt: filedAt,
        stream: 'annals',
        shard: 's',
        firstSequence: '1',
        lastSequence: '1',
        textSha256,
      }),
      bytes,
    );
    return bytes.length;
  };
  const start = async (sql: string, parameters: string[] = [], token: string = randomUUID()) =>
    (
      (await athena.send(
        new StartQueryExecutionCommand({
          QueryString: sql,
          ExecutionParameters: parameters,
          ClientRequestToken: token,
          ResultConfiguration: { OutputLocation: 's3://results/athena/' },
        }),
      )) as { QueryExecutionId: string }
    ).QueryExecutionId;
  const get = async (id: string) =>
    (
      (await athena.send(
        new GetQueryExecutionCommand({ QueryExecutionId: id }),
      )) as GetQueryExecutionCommandOutput
    ).QueryExecution!;
  const run = async (sql: string, parameters?: string[]) => {
    const id = await start(sql, parameters);
    await eventually(() => expect(events.map(({ queryExecutionId }) => queryExecutionId)).toContain(id));
    const { Status, Statistics } = await get(id);
    const output = await buckets.results.get(`athena/${id}.csv`);
    return {
      state: Status!.State,
      reason: Status!.StateChangeReason ?? '',
      csv: output?.bytes.toString(),
      scanned: Statistics!.DataScannedInBytes,
    };
  };
  const exportOf = (bucket: number | undefined) => {
    const { sql, parameters } = exportStatement(
      {
        scope: bucket === undefined ? undefined : { id: `s-${bucket}`, bucket },
        completeTo: '2026-11-24T00:00:00.000000000Z',
        floors: undefined,
      },
      { from: undefined, to: undefined },
    );
    return run(sql, parameters.map(sqlLiteral));
  };
  return { ...buckets, athena, file, run, start, get, events, exportOf };
};

describe('the embedded Athena', () => {
  it("writes Athena's CSV: every value quoted, quotes doubled, NULL empty, a final newline", async () => {
    const { run } = await open();
    expect(
      await run(`SELECT 1 AS "n", 'a"b' AS "t", true AS "b", NULL AS "z", '' AS "e", 'x,\ny' AS "l"`),
    ).toMatchObject({
      state: 'SUCCEEDED',
      csv: '"n","t","b","z","e","l"\n"1","a""b","true",,"","x,\ny"\n',
    });
  });

  it('reads only the objects of the partitions asked for', async () => {
    const { file, exportOf } = await open();
    const own = (await file(7, 'ontime', 1, 2)) + (await file(7, 'late', 3));
    const one = await exportOf(7);
    expect(one.csv!.trimEnd().split('\n')).toHaveLength(4);
    expect(one.scanned).toBe(own);
    for (let bucket = 8; bucket < 20; bucket++) await file(bucket, 'ontime', 1, 2, 3);
    expect((await exportOf(7)).scanned).toBe(own);
    expect((await exportOf(undefined)).csv!.trimEnd().split('\n')).toHaveLength(4 + 36);
  });

  it('opens no object that its statement does not name: damaged ones beside it do not matter', async () => {
    const { file, exportOf, ledger } = await open();
    await file(7, 'ontime', 1);
    for (const beside of [
      'lane=ontime/bucket=08/date=2026-11-23',
      'lane=ontime/bucket=07/date=2026-11-25',
      'lane=other/bucket=07/date=2026-11-23',
    ])
      await ledger.create(`events/${beside}/damaged.json.gz`, Buffer.from('damaged'));
    expect((await exportOf(7)).csv!.trimEnd().split('\n')).toHaveLength(2);
    expect(await exportOf(8)).toMatchObject({ state: 'FAILED' });
  });

  it('refuses a statement whose partitions it cannot tell, rather than read too few', async () => {
    const { run, file } = await open();
    await file(7, 'ontime', 1);
    expect(await run(`SELECT "id" FROM "events" WHERE "bucket" = '07' OR "bucket" = '08'`)).toMatchObject({
      state: 'FAILED',
      csv: undefined,
      reason: expect.stringContaining('does not understand this statement'),
    });
  });

  it('reads an empty ledger as an empty table', async () => {
    const { exportOf } = await open();
    expect(await exportOf(7)).toMatchObject({ state: 'SUCCEEDED', scanned: 0 });
  });

  it('takes parameters in their order, outside of quotes', async () => {
    const { run } = await open();
    const { csv } = await run(
      `SELECT "a?", '? where' AS b FROM (SELECT 'it''s' AS "a?") WHERE "a?" = ? AND '?' = ?`,
      [sqlLiteral("it's"), sqlLiteral('?')],
    );
    expect(csv).toBe('"a?","b"\n"it\'s","? where"\n');
  });

  it.each([
    ['too few', "SELECT 1 WHERE 'a' = ?", []],
    ['too many', 'SELECT 1', ["'a'"]],
    ['no literal', "SELECT 1 WHERE 'a' = ?", ['now()']],
    ['no string', 'SELECT 1 WHERE 1 = ?', ['1']],
    ['a literal and more', "SELECT 1 WHERE 'a' = ?", ["'a' || 'b'"]],
    ['in the list of columns', 'SELECT ?', ["'a'"]],
    [
      'in a condition there',
      `SELECT CASE WHEN 'where' = ? THEN 1 END AS "where" WHERE 'a' = ?`,
      ["'a'", "'a'"],
    ],
  ])('refuses parameters: %s', async (_, sql, parameters) => {
    const { start } = await open();
    await expect(start(sql, parameters)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('is closed to other paths, extensions and settings', async () => {
    const { run, root } = await open();
    for (const sql of [
      "SELECT * FROM read_csv('/etc/passwd')",
      `SELECT * FROM read_text('${root}/keys.json')`,
      "SELECT * FROM read_json('http://127.0.0.1:1/x')",
      "SELECT * FROM read_blob('/proc/self/environ')",
    ])
      expect(await run(sql)).toMatchObject({
        state: 'FAILED',
        csv: undefined,
        reason: expect.stringMatching(/Permission|Cannot access|disabled|Missing Extension/),
      });
  });

  it('fails a query loudly, with no output', async () => {
    const { run, file, ledger, exportOf } = await open();
    expect(await run('SELECT nothing')).toMatchObject({ state: 'FAILED', csv: undefined });
    await file(7, 'ontime', 1);
    await ledger.create('events/lane=ontime/bucket=07/date=2026-11-23/bad.json.gz', gzipSync('{"action":\n'));
    expect(await exportOf(7)).toMatchObject({ state: 'FAILED', csv: undefined });
  });

  it('starts a token once, and refuses it with another query', async () => {
    const { start, events } = await open();
    // Also where several ask at once, as those do who find one export.
    const ids = await Promise.all([1, 2, 3, 4, 5].map(() => start('SELECT 1', [], 'token')));
    const [id] = ids;
    expect(new Set(ids).size).toBe(1);
    expect(await start('SELECT 1', [], 'token')).toBe(id);
    await expect(start('SELECT 2', [], 'token')).rejects.toThrow('do not match');
    await eventually(() => expect(events).toEqual([{ currentState: 'SUCCEEDED', queryExecutionId: id }]));
  });

  it('says after a restart of a query that was interrupted that it failed', async () => {
    const first = await open();
    const id = await first.start('SELECT count(*) FROM range(100000000000) a');
    await eventually(async () => expect((await first.get(id)).Status!.State).toBe('RUNNING'));
    await first.athena.close();
    const second = await open({}, first.root);
    expect((await second.get(id)).Status).toMatchObject({
      State: 'FAILED',
      StateChangeReason: expect.stringContaining('ended'),
    });
    expect((await readdir(first.temporary)).filter(name => name.endsWith('.csv'))).toEqual([]);
  });

  it('refuses what it does not serve', async () => {
    const { athena, get } = await open();
    await expect(athena.send(new ListWorkGroupsCommand({}))).rejects.toThrow(
      'does not serve ListWorkGroupsCommand',
    );
    await expect(get(randomUUID())).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});

describe('the records of the embedded Athena', () => {
  const token = 'a-token-of-at-least-thirty-two-characters';
  const run = async (root?: string) => {
    const world = await open({}, root);
    const id = await world.start('SELECT 1 AS "n"', [], token);
    await eventually(async () => expect((await world.get(id)).Status!.State).toBe('SUCCEEDED'));
    return { ...world, id };
  };

  it.each(['', '{"id":"', 'garbage', 'null', '{"state":"DONE"}'])(
    'that are damaged stand for a query that failed, and refuse no start: %j',
    async text => {
      const { root, id, athena } = await run();
      await athena.close();
      await writeFile(join(root, 'athena', `${id}.json`), text);
      const logged: unknown[] = [];
      const again = await open({ log: (...line) => void logged.push(line) }, root);
      expect((await again.get(id)).Status!.State).toBe('FAILED');
      expect(logged).toContainEqual([
        'warn',
        expect.stringContaining('The record of a query is damaged'),
        { path: join(root, 'athena', `${id}.json`) },
      ]);
    },
  );

  it.each(['', 'garbage', 'null', '{}'])(
    'of a token start a new query if they are damaged: %j',
    async text => {
      const { root, id, athena } = await run();
      await athena.close();
      for (const name of await readdir(join(root, 'athena')))
        if (name.startsWith('token-')) await writeFile(join(root, 'athena', name), text);
      const again = await run(root);
      expect(again.id).not.toBe(id);
    },
  );

  it('may be beside a folder that belongs to no process', async () => {
    const { root, athena } = await run();
    await athena.close();
    await mkdir(join(root, 'athena', 'folder'));
    await open({}, root);
  });
});
