import { describe, expect, it } from 'vitest';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import { eventText } from '#test/support/builders.ts';
import { codesOf, parseBody } from '#test/support/parse-body.ts';

const objectOf = (count: number, member: (n: number) => string): string =>
  `{${Array.from({ length: count }, (_, n) => member(n)).join()}}`;
const ndjson = 'application/x-ndjson';

describe('the body of a request', () => {
  it('is an event, an array of them, or one a line', () => {
    expect(codesOf(parseBody(eventText()))).toEqual(['ok']);
    expect(codesOf(parseBody(`\t\n[${eventText()} , ${eventText()}]\r\n`))).toEqual(['ok', 'ok']);
    for (const type of [
      ndjson,
      'application/ndjson; charset=utf-8',
      'application/jsonl',
      'Application/X-NDJSON',
    ])
      expect(codesOf(parseBody(`${eventText()}\n\n  \r\n${eventText()}\r\n`, type))).toEqual(['ok', 'ok']);
  });

  it('may begin with a byte order mark and be printed over many lines', () => {
    expect(codesOf(parseBody(`\ufeff${JSON.stringify([JSON.parse(eventText())], null, 2)}`))).toEqual(['ok']);
  });

  it('refuses a bad line alone', () => {
    const lines = [
      eventText(),
      '{"action":',
      `${eventText()}${eventText()}`,
      eventText().slice(1),
      '7',
      eventText(),
    ];
    const result = parseBody(lines.join('\n'), ndjson);
    expect(codesOf(result)).toEqual([
      'ok',
      'invalid_json',
      'invalid_json',
      'invalid_json',
      'not_an_object',
      'ok',
    ]);
  });

  it('does not let a line run into the next', () => {
    expect(codesOf(parseBody('{"action":\n"a.b"}', ndjson))).toEqual(['invalid_json', 'invalid_json']);
  });

  it('has U+FFFD for bytes that are not UTF-8, and says so of their own event alone', () => {
    const bad = (text: string) => Buffer.from(text.replace('deploy', 'd\u00ff\u00e2\u0082!'), 'latin1');
    const comma = Buffer.from(',');
    const array = Buffer.concat([
      Buffer.from('['),
      Buffer.from(eventText({ payload: { x: 'é🦩' } })),
      comma,
      bad(eventText()),
      comma,
      Buffer.from(eventText()),
      Buffer.from(']'),
    ]);
    expect(parseBody(array)).toMatchObject([
      { event: { payload: '{"x":"é🦩"}', warnings: [] } },
      {
        event: {
          target: '{"id":"c-1","type":"context","name":"d\ufffd\ufffd!"}',
          warnings: [{ code: 'not_utf8', path: '' }],
        },
      },
      { event: { warnings: [] } },
    ]);
    const lines = Buffer.concat([bad(eventText()), Buffer.from(`\n${eventText()}\n`), bad(eventText())]);
    expect(parseBody(lines, ndjson)).toMatchObject([
      { event: { warnings: [{ code: 'not_utf8' }] } },
      { event: { warnings: [] } },
      { event: { warnings: [{ code: 'not_utf8' }] } },
    ]);
    expect(codesOf(parseBody(Buffer.from([0xff, 0xfe])))).toBe('invalid_json');
  });

  it('has U+FFFD for half of a surrogate pair that a gateway handed over as text', () => {
    const text = `[${eventText().replace('deploy', 'a\ud83e')},${eventText()}]`;
    expect(parseBody(text)).toMatchObject([
      { event: { target: expect.stringContaining('a\ufffd'), warnings: [{ code: 'not_utf8' }] } },
      { event: { warnings: [] } },
    ]);
  });

  it('knows the slice of the body that each refused event is', () => {
    const line = (text: string) => Buffer.from(text, 'latin1');
    const bad = [
      line('{"action":"\u00ff\u00e2\u0082"}'),
      Buffer.from('{"é🦩":1}'),
      line('7'),
      Buffer.from('{"actor":"\ufffd"}'),
    ];
    const good = Buffer.from(eventText({ payload: { x: 'é🦩' } }));
    const parts = [bad[0]!, good, bad[1]!, bad[2]!, good, bad[3]!];
    const joined = (separator: string, [before, after] = ['', '']) =>
      Buffer.concat([
        Buffer.from(before!),
        ...parts.flatMap((part, i) => (i === 0 ? [part] : [Buffer.from(separator), part])),
        Buffer.from(after!),
      ]);
    const slicesOf = (bytes: Buffer, type: string) => {
      const verdicts = parseBody(bytes, type);
      if (!Array.isArray(verdicts)) throw new Error(verdicts.message);
      return verdicts.flatMap(({ refusal, ...rest }) =>
        refusal && 'slice' in rest
          ? [bytes.subarray(rest.slice.start, rest.slice.end).toString('latin1')]
          : [],
      );
    };
    const expected = bad.map(bytes => bytes.toString('latin1'));
    expect(slicesOf(joined('\n\n'), ndjson)).toEqual(expected);
    expect(slicesOf(joined(' ,\n', ['\ufeff [ ', ']']), 'application/json')).toEqual(expected);
  });

  it.each(['', '  \n', '[]', ' [ ] '])('is empty as %j', text => {
    expect(parseBody(text)).toMatchObject({ status: 400, code: 'empty_request' });
    expect(parseBody('\n \n', ndjson)).toMatchObject({ status: 400, code: 'empty_request' });
  });

  it.each([
    ['[{"a":1}', 'line 1, column 9'],
    ['[{},]', 'line 1, column 5'],
    ['{}{}', 'line 1, column 3'],
    ['{\n "a" 1}', 'line 2, column 6'],
    ['nope', 'line 1, column 1'],
  ])('is refused whole as %j, naming the place', (text, place) => {
    expect(parseBody(text)).toMatchObject({
      status: 400,
      code: 'invalid_json',
      message: expect.stringContaining(place),
    });
  });

  it('is at most 4 MiB and 10,000 events', () => {
    const padded = (bytes: number) =>
      Buffer.from(eventText() + ' '.repeat(bytes - Buffer.byteLength(eventText())));
    expect(codesOf(parseBody(padded(maxRequestBytes)))).toEqual(['ok']);
    expect(parseBody(padded(maxRequestBytes + 1))).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(parseBody('é'.repeat(maxRequestBytes / 2 + 1))).toMatchObject({ status: 413 });
    const small =
      '{"action":"a.b","actor":{"id":"1","type":"t"},"target":{"id":"2","type":"t"},"success":true}';
    const events = (count: number) => Array.from({ length: count }, () => small);
    expect(codesOf(parseBody(`[${events(10_000).join(',')}]`))).toHaveLength(10_000);
    expect(parseBody(`[${events(10_001).join(',')}]`)).toMatchObject({
      status: 413,
      code: 'too_many_events',
    });
    expect(parseBody(events(10_001).join('\n'), ndjson)).toMatchObject({
      status: 413,
      code: 'too_many_events',
    });
  });

  it.each<[string, () => string]>([
    ['keys in the opposite order', () => objectOf(250_000, n => `"${300_000 - n}":0`)],
    ['one key', () => objectOf(600_000, () => '"a":0')],
    [
      'keys that differ in their last character',
      () => objectOf(2000, n => `"${'a'.repeat(2000)}${2000 - n}":0`),
    ],
    ['keys that are escaped', () => objectOf(200_000, n => `"\\u0061${n}":0`)],
    ['levels', () => `{"a":${'['.repeat(1_900_000)}${']'.repeat(1_900_000)}}`],
    ['levels whose keys are not in order', () => `${'{"b":1,"a":'.repeat(300_000)}1${'}'.repeat(300_000)}`],
    ['escapes', () => `{"a":"${'\\ud83e\\udda9'.repeat(300_000)}"}`],
    ['halves of pairs', () => `{"a":"${'\\ud83e'.repeat(600_000)}"}`],
    ['backslashes', () => `{"a":"${'\\\\'.repeat(1_900_000)}"}`],
    ['spaces', () => `{"a":[${'1 ,\n'.repeat(900_000)}1]}`],
  ])(
    'is read in steps that grow with its bytes alone, and stored, whatever %s it is full of',
    (_, payload) => {
      const text = eventText({ payload: 0 }).replace('"payload":0', () => `"payload":${payload()}`);
      expect(Buffer.byteLength(text)).toBeLessThan(maxRequestBytes);
      expect(codesOf(parseBody(`[${text},${eventText()}]`))).toEqual(['ok', 'ok']);
      const asMetadata = eventText({ metadata: 0 }).replace('"metadata":0', () => `"metadata":${payload()}`);
      expect(codesOf(parseBody(asMetadata))).toEqual(['ok']);
    },
  );

  it('is refused in steps that grow with its bytes alone, whatever its members are called', () => {
    const names = Array.from({ length: 10_000 }, (_, n) => `{"${'occurred_a'.repeat(40)}${n}":1}`);
    expect(new Set(codesOf(parseBody(names.join('\n'), ndjson)))).toEqual(new Set(['unknown_member']));
  });

  it.each([
    ['one number', () => [`1.${'0'.repeat(4_000_000)}1`]],
    ['sixteen numbers', () => Array.from({ length: 16 }, () => `1.${'0'.repeat(250_000)}1`)],
    ['numbers', () => Array.from({ length: 1_000_000 }, () => '1.0')],
    ['exponents', () => [`1e-${'9'.repeat(4_000_000)}`]],
  ])('is read in steps that grow with its bytes alone, whatever %s it is full of', (_, numbers) => {
    const text = eventText({ payload: { a: [] } }).replace('[]', `[${numbers().join()}]`);
    expect(codesOf(parseBody(`[${text},${eventText()}]`))).toEqual(['ok', 'ok']);
  });
});
