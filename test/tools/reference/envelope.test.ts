import { describe, expect, it } from 'vitest';
import { eventFields } from '#domain/event/event.ts';
import { isRequired, printEnvelope } from '#tools/reference/envelope.ts';

describe('the reference of an event', () => {
  it('has each field, with what the receiver requires', () => {
    expect(eventFields.filter(isRequired)).toEqual(['action', 'actor', 'target', 'success']);
    for (const field of eventFields) expect(printEnvelope()).toContain(`\n| \`${field}\` | `);
  });

  it('says of each example what the receiver does with it', () => {
    const text = printEnvelope();
    expect(text).toContain('| `success` | `"true"` | refused: `invalid_type` at `/success`.');
    expect(text).toContain('| `payload` | `[1]` | stored as `{"value":[1]}`, with the warning `wrapped` |');
  });
});
