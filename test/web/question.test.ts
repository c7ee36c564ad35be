import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventSearchShape } from '#domain/browse/request.ts';
import { query as anyQuery } from '#test/support/queries.ts';
import { range } from '#test/support/views.ts';
import { printQuery } from '#web/query.ts';
import { questionOf } from '#web/question.ts';
import { defaultView } from '#web/view.ts';

describe('the question of a view', () => {
  it('is one that the API reads, whatever the view is', () => {
    fc.assert(
      fc.property(anyQuery, range, (query, given) => {
        const filters = query.filters.filter(({ field }) =>
          /^(actor|target|success|request_id)$/.test(field),
        );
        const view = {
          ...defaultView,
          query: printQuery({ ...query, filters, range: undefined }),
          range: given,
        };
        const question = questionOf(view, 'acme', Date.UTC(2026, 10, 26));
        expect(eventSearchShape.safeParse(question).error).toBeUndefined();
      }),
    );
  });

  it('has instants for a range, and what of the query could be read', () => {
    const view = { ...defaultView, query: 'actor:u-1 who:me zoë' };
    expect(questionOf(view, 'acme', Date.UTC(2026, 10, 26))).toEqual({
      scope_id: 'acme',
      from: '2026-11-19T00:00:00.000000000Z',
      actor: ['"u-1"'],
      q: 'zoë',
    });
  });
});
