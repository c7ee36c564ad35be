import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { view as anyView } from '#test/support/views.ts';
import { defaultView, isLongLink, maxLinkBytes, parseView, printView } from '#web/view.ts';

describe('a view as the fragment of a URL', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(anyView, view => {
        expect(parseView(printView(view))).toEqual({ view, faults: [] });
      }),
      { numRuns: 500 },
    );
  });

  it('is one that every part of a URL keeps', () => {
    fc.assert(
      fc.property(anyView, view => {
        expect(printView(view)).toMatch(/^#\/[\w?=&%:,./@~!*'()-]+$/);
        expect(new URL(printView(view), 'https://audit.example/page/').hash).toBe(printView(view));
      }),
    );
  });

  it('never throws, and says what it could not read', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fragment => {
        const { view } = parseView(fragment);
        expect(parseView(printView(view))).toEqual({
          view: { ...view, query: view.query.toWellFormed() },
          faults: [],
        });
      }),
    );
    const { view, faults } = parseView(
      '#/log?q=%zz&range=tomorrow&columns=time,time&scope=acme&event=1@2&constructor=1&live&wrap=true',
    );
    expect(faults).toEqual([
      'q=%zz',
      'range=tomorrow',
      'columns=time,time',
      'event=1@2',
      'constructor=1',
      'live',
    ]);
    expect(view).toEqual({ ...defaultView, scope: 'acme', isWrapped: true });
    expect(parseView('#/elsewhere')).toEqual({ view: defaultView, faults: ['elsewhere'] });
  });

  it('of nothing is the default view', () => {
    for (const fragment of ['', '#', '#/', '#/log', '#/log?'])
      expect(parseView(fragment)).toEqual({ view: defaultView, faults: [] });
  });

  it('is never cut, and says that it is long', () => {
    const query = 'é'.repeat(5000);
    const fragment = printView({ ...defaultView, query });
    expect(parseView(fragment).view.query).toBe(query);
    expect(isLongLink(fragment)).toBe(true);
    expect(isLongLink('x'.repeat(maxLinkBytes))).toBe(false);
  });

  it('holds halves of surrogate pairs as the replacement character', () => {
    expect(parseView(printView({ ...defaultView, query: '\ud800' })).view.query).toBe('\ufffd');
  });
});
