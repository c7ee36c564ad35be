import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { realRecords } from '#test/support/real-records.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('a dry run of an import', () => {
  it('counts, shows the first refused records and when the others occurred, without a server', async () => {
    const path = join(await temporaryDirectory(), 'github.ndjson');
    const records = realRecords('Github').map(raw => JSON.stringify(JSON.parse(raw)));
    writeFileSync(path, `${records.join('\n')}\n{"@timestamp":1,"action":"a.b","actor":"m","org":"o","x":\n`);
    const dry = ['import', path, '--dry-run', '--data', '/nowhere/at/all', '--as-of'];
    const { code, out, err } = await annals([...dry, '2023-06-01']);
    expect(code).toBe(1);
    expect(out).toContain('1 accepted, 4 refused');
    expect(out).toMatch(/occurred_in_future +3/);
    expect(out).toContain(
      'They occurred from 2023-05-30T16:53:46.150000000Z to 2023-05-30T16:53:46.150000000Z',
    );
    expect(err).toContain('4 lines would be refused; nothing was sent');
    const json = await annals([...dry, '2024-01-01', '--json', '--skip', '1']);
    expect(JSON.parse(json.out)).toMatchObject({
      dry_run: true,
      source: 'github',
      accepted: 3,
      refused: [{ line: 5, code: 'invalid_record' }],
      last_occurred_at: '2023-06-07T15:11:23.340000000Z',
    });
  });
});
