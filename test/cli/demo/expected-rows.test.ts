import { describe, expect, it } from 'vitest';
import { differencesOf, type Expected } from '#cli/demo/expected-rows.ts';
import type { Job } from '#cli/export/follow-export.ts';

const expected: Expected = {
  rows: new Map([
    ['t1 a', '{"n":1.10}'],
    ['t2 b', '{}'],
  ]),
  copies: 3,
  accepted: 5,
  refused: 0,
  refusals: {},
};
const job = { rows: 4, duplicates: 3 } as Job;
const csvOf = (...rows: string[]): Buffer =>
  Buffer.from(
    [
      'action,id,occurred_at,payload',
      'audit_log.admin.grant,x,t0,{}',
      'audit_log.export.request,y,t0,{}',
      ...rows,
    ].join('\n'),
  );
const [first, second] = ['e,a,t1,"{""n"":1.10}"', 'e,b,t2,{}'] as const;

describe('the CSV of the demo', () => {
  it('is right if it has each row once, to the character', () => {
    expect(differencesOf(expected, job, csvOf(first, second))).toEqual([]);
  });

  it.each([
    ['a missing row', csvOf(first), ['t2 b is missing']],
    ['a row too many', csvOf(first, second, 'e,c,t3,{}'), ['t3 c is unexpected']],
    ['a row twice', csvOf(first, first, second), ['t1 a is duplicated']],
    ['another payload', csvOf('e,a,t1,{}', second), ['t1 a has a different payload']],
  ])('is wrong with %s', (_, csv, differences) => {
    expect(differencesOf(expected, job, csv)).toEqual(differences);
  });

  it('is wrong if the export counts other rows or duplicates, or the log lacks what it records of itself', () => {
    expect(differencesOf(expected, { ...job, rows: 5, duplicates: 2 }, csvOf(first, second))).toEqual([
      '4 rows expected, but the export has 5',
      '3 duplicates expected, but the export has 2',
    ]);
    const csv = Buffer.from(csvOf(first, second).toString().replace('audit_log.admin.grant', 'audit_log.x'));
    expect(differencesOf(expected, job, csv)[0]).toContain('the log has the audit events');
  });
});
