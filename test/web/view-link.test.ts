import { describe, expect, it } from 'vitest';
import { defaultView, parseView } from '#web/view.ts';
import { linkOf } from '#web/view-link.ts';

describe('the link of a view', () => {
  const view = { ...defaultView, query: 'actor:u-17' };

  it.each([
    ['https://audit.example.com/', 'https://audit.example.com/'],
    ['https://audit.example.com/log/#/log?q=x', 'https://audit.example.com/log/'],
    ['https://audit.example.com/log/embed#/log', 'https://audit.example.com/log/'],
  ])('of %s leads to %s, and says whose log it is of', (href, page) => {
    const link = new URL(linkOf(href, view, 'acme'));
    expect(link.href.replace(/#.*/, '')).toBe(page);
    expect(parseView(link.hash)).toEqual({ view: { ...view, scope: 'acme' }, faults: [] });
  });
});
