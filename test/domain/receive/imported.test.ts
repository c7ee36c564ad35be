import { describe, expect, it } from 'vitest';
import { hashContent } from '#domain/event/content-hash.ts';
import { idOfContent, importerOf, importRefusal, markImported, ofImport } from '#domain/receive/imported.ts';
import { accepted, anId, eventText } from '#test/support/builders.ts';

const at = '2026-06-23T11:00:00.000000000Z';

describe('an imported event', () => {
  it('names its source in the metadata, which keeps its tokens and its content', () => {
    const event = accepted(eventText({ metadata: { ticket: 'T-1' } }));
    const marked = markImported(event, 'github');
    expect(marked.metadata).toBe('{"ticket":"T-1","imported_from":"github"}');
    const sent = accepted(eventText({ metadata: { ticket: 'T-1', imported_from: 'github' } }));
    expect(hashContent(marked, anId, at)).toBe(hashContent(sent, anId, at));
    expect(markImported(accepted(eventText()), 'github').metadata).toBe('{"imported_from":"github"}');
  });

  it('keeps the source of an earlier import', () => {
    const event = accepted(eventText({ metadata: { imported_from: 'circleci' } }));
    expect(markImported(event, 'github')).toBe(event);
  });

  it('has an id of its content, if it has none of its own', () => {
    const make = (change: object) => idOfContent(accepted(eventText({ id: undefined, ...change })));
    expect(make({})).toBe(make({ payload: { name: 'deploy' } }));
    expect(make({})).not.toBe(make({ payload: { name: 'other' } }));
    expect(make({})).not.toBe(make({ occurred_at: '2026-06-23T11:00:01Z' }));
  });

  it('needs its time', () => {
    expect(importRefusal(accepted(eventText()))).toBeUndefined();
    const without = accepted(eventText({ id: undefined, occurred_at: undefined }));
    expect(importRefusal(without)).toMatchObject({ code: 'occurred_at_required', path: '/occurred_at' });
  });

  it('is refused with the time of the import in the message', () => {
    const refusal = { code: 'occurred_in_future', message: 'x', path: '' };
    expect(ofImport(refusal, at).message).toBe(`The time lies after ${at}, as of which this is imported`);
    expect(ofImport({ ...refusal, code: 'invalid_id' }, at).message).toBe('x');
  });

  it('has a sender that no role and no key can be', () => {
    expect(importerOf('arn:aws:iam::1:role/ops')).toBe('arn:aws:iam::1:role/ops#import');
  });
});
