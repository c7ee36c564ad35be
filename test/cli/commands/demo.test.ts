import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { parseCsv } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('annals demo', () => {
  it('ends with 0 and a CSV that holds exactly what it should', async () => {
    const directory = await temporaryDirectory();
    const out = join(directory, 'log.csv');
    const {
      code,
      out: printed,
      err,
    } = await annals(['demo', '--json', '--out', out], '', { TMPDIR: directory });
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({
      rows: 295,
      duplicates: 282,
      conflicts: 1,
      reused_ids: 1,
      refused: 8,
    });
    const rows = parseCsv(readFileSync(out, 'utf8'));
    const actions = new Set(rows.map(({ action }) => action));
    expect([...actions].filter(action => !action.startsWith('audit_log.'))).toHaveLength(14);
    expect(readdirSync(directory).filter(name => name.startsWith('annals'))).toEqual([]);
  });

  it('runs over events of anyone', async () => {
    const directory = await temporaryDirectory();
    const events = join(directory, 'events.ndjson');
    const own = [1, 2, 3].map(
      n =>
        `{"payload":{"n":1.${n}0},"action":"a.b","success":true,"actor":{"id":"1","type":"t"},` +
        '"target":{"id":"2","type":"t"},"scope":{"id":"mine","type":"t"}}',
    );
    writeFileSync(events, `${[...own, eventText(), '{"action":1}', 'nonsense'].join('\n')}\n`);
    const { code, out } = await annals(
      ['demo', '--json', '--events', events, '--scope', 'mine', '--out', join(directory, 'log.csv')],
      '',
      { TMPDIR: directory },
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      rows: 3,
      duplicates: 0,
      refused: 2,
      refusals: { invalid_type: 1, invalid_json: 1 },
    });
    const rows = parseCsv(readFileSync(join(directory, 'log.csv'), 'utf8'));
    expect(rows.filter(({ action }) => action === 'a.b').map(({ payload }) => payload)).toEqual([
      '{"n":1.10}',
      '{"n":1.20}',
      '{"n":1.30}',
    ]);
  });

  it('is misused without a scope for the events', async () => {
    expect(await annals(['demo', '--events', 'x'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--scope'),
    });
  });
});
