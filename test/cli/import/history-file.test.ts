import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type HistoryOptions, openHistory } from '#cli/import/history-file.ts';
import type { InputLine } from '#cli/send/event-lines.ts';
import { realRecords } from '#test/support/real-records.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { collect } from '#test/support/world.ts';

const open = async (content: string | Buffer, options: Partial<HistoryOptions> = {}) => {
  const path = join(await temporaryDirectory(), 'file');
  writeFileSync(path, content);
  const file = await openHistory(path, {
    format: undefined,
    mapping: undefined,
    scope: undefined,
    ...options,
  });
  return { ...file, all: (await collect(file.lines)) as InputLine[] };
};
const compact = (raw: string): string => JSON.stringify(JSON.parse(raw));
const actionsOf = (lines: { bytes?: Buffer; fault?: string }[]): string[] =>
  lines.map(({ bytes, fault }) => fault ?? (JSON.parse(bytes!.toString()) as { action: string }).action);

describe('a file of history', () => {
  const aws = realRecords('AWS');
  const github = realRecords('Github');

  it("is CloudTrail's: Records, also over several lines and with gzip, or a record a line", async () => {
    const expected = actionsOf((await open(aws.map(compact).join('\n'))).all);
    expect(expected).toContain('ec2.modify_instance_attribute');
    const wrapped = `{"Records":[${aws.join(',')}]}`;
    const pretty = JSON.stringify(JSON.parse(wrapped), null, 2);
    for (const content of [wrapped, pretty, gzipSync(pretty), `${wrapped}\n`, `[${aws.join(',')}]`]) {
      const { source, unit, all } = await open(content);
      expect([source, unit]).toEqual(['cloudtrail', 'event']);
      expect(actionsOf(all)).toEqual(expected);
    }
  });

  it('ends too early if the records do', async () => {
    await expect(open(`{"Records":[${aws[0]}`)).rejects.toThrow('may be truncated');
  });

  it("is GitHub's: an array or lines, and what is not a record is passed on with its fault", async () => {
    const { source, all } = await open(`${github.map(compact).join('\n')}\n{"x":1}\n7\n{"@timestamp":\n`);
    expect(source).toBe('github');
    expect(actionsOf(all)).toEqual([
      ...actionsOf((await open(`[${github.join(',')}]`)).all),
      expect.stringContaining('no "action"'),
      'The record is not a JSON object',
      'The record is not JSON',
    ]);
    expect(all.at(-1)).toMatchObject({ line: github.length + 3, code: 'invalid_record' });
  });

  it('files in the scope that is given', async () => {
    const { all } = await open(compact(github[0]!), { scope: { id: 'acme', type: 'account' } });
    expect(JSON.parse(all[0]!.bytes!.toString())).toMatchObject({ scope: { id: 'acme', type: 'account' } });
  });

  it('is a CSV: of CircleCI, or of a mapping', async () => {
    const header = 'action,actor,target,occurred_at,success\n';
    const row =
      'a.b,"{""id"":""1"",""type"":""t""}","{""id"":""1"",""type"":""t""}",2020-01-01T00:00:00Z,true';
    const { source, all } = await open(`${header}${row}\nshort\n`);
    expect(source).toBe('circleci');
    expect(actionsOf(all)).toEqual(['a.b', 'The row has 1 values, the header 5']);
    expect(all.map(({ line, original, bytes }) => [line, (original ?? bytes)!.toString()])).toEqual([
      [2, row],
      [3, 'short'],
    ]);
    const party = { id: '{who}', type: 'user' };
    const mapping = { source: 'crm', action: 'a.c', actor: party, target: party, occurred_at: '{at}' };
    expect(await open('who,at\n1,2020-01-01T00:00:00Z\n', { mapping })).toMatchObject({ source: 'crm' });
    await expect(open('who\n', { mapping })).rejects.toThrow('"at"');
  });

  it('shortens a record that no request can hold', async () => {
    const { all } = await open(`${compact(github[0]!)}\n{"a":"${'x'.repeat(5_000_000)}"}\n`);
    expect(all[1]).toMatchObject({ code: 'body_too_large', line: 2 });
    expect(all[1]!.bytes!.length).toBe(64 * 1024);
  });

  it('says what it is not', async () => {
    await expect(open('{"event":1}')).rejects.toThrow('name its format with --format');
    await expect(open('who,at\n1,2\n')).rejects.toThrow(
      'has the columns who, at, which are not those of CircleCI',
    );
    await expect(open(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]))).rejects.toThrow('| annals import -');
  });
});
