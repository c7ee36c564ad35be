import { describe, expect, it } from 'vitest';
import {
  actionSegment,
  idOfRecord,
  isGiven,
  jsonOf,
  party,
  printDraft,
  readJson,
} from '#cli/import/draft.ts';

describe('a draft of an event', () => {
  it('is printed without what is undefined, in its own scope or the one that is given', () => {
    const draft = { action: '"a.b"', scope: '{"id":"x","type":"y"}', request: undefined };
    expect(printDraft(draft, undefined).toString()).toBe('{"action":"a.b","scope":{"id":"x","type":"y"}}');
    expect(printDraft(draft, { id: 'acme', type: 'account' }).toString()).toBe(
      '{"action":"a.b","scope":{"id":"acme","type":"account"}}',
    );
  });

  it('has JSON on one line, and equal values have an equal canonical text', () => {
    const a = readJson('{"b" : 1.0,\n"a":2}', 'It');
    expect(a.text).toBe('{"b":1.0,"a":2}');
    expect(a.canonical).toBe(readJson('{"a":2,"b":1.00}', 'It').canonical);
    for (const text of ['', '{', '1 2', '1,"x":2', '1}'])
      expect(() => readJson(text, 'It'), text).toThrow('It is not JSON');
  });

  it('has ids that depend on source and content alone', () => {
    expect(idOfRecord('a', 'x', 'y')).toBe(idOfRecord('a', 'x', 'y'));
    expect(new Set([idOfRecord('a', 'x', 'y'), idOfRecord('b', 'x', 'y'), idOfRecord('a', 'xy')]).size).toBe(
      3,
    );
  });

  it('has segments of actions in lowercase with underscores', () => {
    expect(
      [
        'ModifyInstanceAttribute',
        'PutObject',
        'DescribeDBInstances',
        'add-member',
        '-x-',
        'é',
        'AWSService',
      ].map(actionSegment),
    ).toEqual([
      'modify_instance_attribute',
      'put_object',
      'describe_db_instances',
      'add_member',
      'x',
      '_',
      'aws_service',
    ]);
  });

  it('has parties whose id is text', () => {
    expect(party(17, 'user', '')).toBe('{"id":"17","type":"user"}');
    expect(party('u', 'user', 'U')).toBe('{"id":"u","type":"user","name":"U"}');
    expect([jsonOf(null), jsonOf(undefined), jsonOf(0)]).toEqual([undefined, undefined, '0']);
    expect(['', null, {}, 'a', 0].map(isGiven)).toEqual([false, false, false, true, true]);
  });
});
