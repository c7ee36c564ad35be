import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withIdentity } from '#cli/send/event-identity.ts';
import { eventText } from '#test/support/builders.ts';

const now = '2026-11-23T00:00:00.000Z';
const identified = (text: string): string => withIdentity(Buffer.from(text), now).toString();
const id = '"id":"[0-9a-f-]{36}"';
const time = '"occurred_at":"2026-11-23T00:00:00.000Z"';

describe('a line that is sent', () => {
  it('gets an id and a time if it has none, and keeps all else as it is', () => {
    expect(identified('{ "a": 1.10 }')).toMatch(new RegExp(`^\\{${id},${time}, "a": 1\\.10 \\}$`));
    expect(identified('{"occurred_at":"x"}')).toMatch(new RegExp(`^\\{${id},"occurred_at":"x"\\}$`));
    expect(identified('{}')).toMatch(new RegExp(`^\\{${id},${time}\\}$`));
    for (const line of [eventText(), '{"id":1}', '[1]', 'null', 'nonsense', '7', '{"id":null,"id":null}'])
      expect(identified(line)).toBe(line);
  });

  it('gets them in the place of null, which means that they are absent', () => {
    expect(identified('{"id" : null , "b":[1,{"id":null}]}')).toMatch(
      new RegExp(`^\\{${time},"id" : "[0-9a-f-]{36}" , "b":\\[1,\\{"id":null\\}\\]\\}$`),
    );
    expect(identified('{"occurred_at":null,"x":"}\\"","id":null}')).toMatch(
      new RegExp(`^\\{${time},"x":"\\}\\\\"",${id}\\}$`),
    );
    expect(identified('{"\\u0069d":null}')).toMatch(
      new RegExp(`^\\{${time},"\\\\u0069d":"[0-9a-f-]{36}"\\}$`),
    );
  });

  it('keeps bytes that are not UTF-8, a byte order mark and its CR', () => {
    const bytes = Buffer.from('\ufeff{"a":"XY"}\r');
    bytes[bytes.indexOf('X')] = 0xff;
    bytes[bytes.indexOf('Y')] = 0xc3;
    const sent = withIdentity(bytes, now).toString('latin1');
    expect(sent).toMatch(new RegExp(`^\u00ef\u00bb\u00bf\\{${id},${time},"a":"\u00ff\u00c3"\\}\r$`));
  });

  it('is the same event but for what was absent, whatever it holds', () => {
    const event = fc.dictionary(fc.string(), fc.jsonValue()).chain(members =>
      fc.record({
        members: fc.constant(members),
        id: fc.constantFrom<unknown>(undefined, null, 'x', 7),
        occurred_at: fc.constantFrom<unknown>(undefined, null, 'y'),
        space: fc.constantFrom(0, 1, '\t'),
      }),
    );
    fc.assert(
      fc.property(event, ({ members, id, occurred_at, space }) => {
        const whole = { ...members, id, occurred_at };
        const sent = JSON.parse(identified(JSON.stringify(whole, null, space))) as typeof whole;
        if (id != null) expect(sent).toEqual(JSON.parse(JSON.stringify(whole)));
        else {
          expect(sent.id).toMatch(/^[0-9a-f-]{36}$/);
          expect(sent.occurred_at).toBe(occurred_at ?? now);
          const rest = { ...sent, id: undefined, occurred_at: undefined };
          expect(rest).toEqual({
            ...JSON.parse(JSON.stringify(whole)),
            id: undefined,
            occurred_at: undefined,
          });
        }
      }),
    );
  });
});
