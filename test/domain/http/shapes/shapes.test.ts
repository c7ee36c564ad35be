import { describe, expect, it } from 'vitest';
import { browseShapes } from '#domain/http/shapes/browse-shapes.ts';
import { pageShapes } from '#domain/http/shapes/page-shapes.ts';
import { receiveShapes } from '#domain/http/shapes/receive-shapes.ts';
import { refusedShapes } from '#domain/http/shapes/refused-shapes.ts';
import { shapes } from '#domain/http/shapes/shapes.ts';

describe('the shapes of the description', () => {
  it('have a name of their own each, so that none hides another', () => {
    for (const group of [browseShapes, pageShapes, receiveShapes, refusedShapes])
      for (const [name, shape] of Object.entries(group))
        expect(shapes[name as keyof typeof shapes], name).toBe(shape);
  });

  it('take what a sender sends, one event or several', () => {
    const event = {
      action: 'a.b',
      actor: { id: '1', type: 't' },
      target: { id: '2', type: 't' },
      success: true,
    };
    expect(shapes.SentEvents.safeParse(event).success).toBe(true);
    expect(shapes.SentEvents.safeParse([event, event]).success).toBe(true);
    expect(shapes.SentEvents.safeParse({ events: [], cursor: null }).success).toBe(false);
  });
});
