import { describe, expect, it } from 'vitest';
import { gapDismissalShape, gapRequestShape } from '#domain/http/gap-request.ts';

describe('the request about a gap', () => {
  it('has a reason or none to redrive it, and one to dismiss it', () => {
    expect(gapRequestShape.safeParse({}).success).toBe(true);
    expect(gapRequestShape.safeParse({ reason: 'ticket 1' }).success).toBe(true);
    expect(gapDismissalShape.safeParse({}).success).toBe(false);
    expect(gapDismissalShape.safeParse({ reason: 'ticket 1' }).success).toBe(true);
  });

  it.each([{ reason: '' }, { reason: null }, { reason: 'x'.repeat(1025) }, { more: 1 }, []])(
    'is not %j',
    request => expect(gapRequestShape.safeParse(request).success).toBe(false),
  );
});
