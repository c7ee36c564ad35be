import { describe, expect, it } from 'vitest';
import { excelCells, excelColumns } from '#domain/export/excel-line.ts';

describe('a line for spreadsheets', () => {
  it('has columns for what people look for, beside the JSON', () => {
    expect(excelColumns(['action', 'actor'])).toEqual([
      'action',
      'actor',
      'actor_id',
      'actor_type',
      'actor_name',
    ]);
    const actor = '{"id":"u-1","type":"user","name":null}';
    expect(excelCells(['action', 'actor'], ['a.b', actor])).toEqual(['a.b', actor, 'u-1', 'user', null]);
    expect(excelCells(['actor'], [null])).toEqual([null, null, null, null]);
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['  @sum', "'  @sum"],
    ['\uff1d1', "'\uff1d1"],
    ['\t=1', "'\\u0009=1"],
    ['a;=1', 'a\\u003b=1'],
    ['a\n=1', 'a\\u000a=1'],
    ['a\u202eb', 'a\\u202eb'],
    ['plain text', 'plain text'],
  ])('runs no cell as a formula: %j', (text, cell) => {
    expect(excelCells(['action'], [text])).toEqual([cell]);
  });

  it('shows both values of a key that occurs twice', () => {
    expect(excelCells(['scope'], ['{"id":"a","id":"b"}'])[1]).toBe('a, b');
  });
});
