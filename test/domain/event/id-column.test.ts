import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { accepted, eventText } from '#test/support/builders.ts';

describe('the column of an id of actor or target that is not a name', () => {
  const sha256 = (bytes: string | Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

  it.each([
    ['a tab', 'C:\tfile', sha256('C:\tfile')],
    ['257 characters', 'a'.repeat(257), sha256('a'.repeat(257))],
    ['halves of pairs', 'a\ud83e\u00e9\udda9', sha256(Buffer.from('61eda0bec3a9edb6a9', 'hex'))],
    ['a whole pair among halves', '\ud83e\udda9\ud83e\n', sha256(Buffer.from('f09fa6a9eda0be0a', 'hex'))],
  ])('of %s, the JSON keeps it and the column has its SHA-256', (_, id, column) => {
    const event = accepted(eventText({ actor: { id, type: 't' }, target: { id, type: 'file' } }));
    expect(event.actor).toBe(JSON.stringify({ id, type: 't' }));
    expect(event).toMatchObject({ actorId: column, targetId: column });
    expect(event.warnings).toEqual([
      { code: 'not_a_name', path: '/actor/id', message: expect.any(String), count: 2 },
    ]);
  });

  it('has the same column however the id is escaped', () => {
    const escaped = '"\\u0061\\t\\ud83E\\uDDA9"';
    const text = eventText().replace('"id":"u-1"', () => `"id":${escaped}`);
    expect(accepted(text).actorId).toBe(sha256('a\t🦩'));
    expect(accepted(text).actor).toContain(escaped);
  });
});
