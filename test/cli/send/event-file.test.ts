import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openEventFile } from '#cli/send/event-file.ts';
import { splitDocuments } from '#cli/send/json-documents.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const fileOf = async (bytes: Buffer | string): Promise<string> => {
  const path = join(await temporaryDirectory(), 'events');
  writeFileSync(path, bytes);
  return path;
};

/** What is in a file, by the numbers of its parts. */
const read = async (bytes: Buffer | string) => {
  const { lines, unit } = await openEventFile(await fileOf(bytes));
  const texts: string[] = [];
  for await (const line of lines)
    texts.push(`${line.number}@${line.line} ${line.fault ?? line.bytes?.toString() ?? 'long'}`);
  return { unit, texts };
};

const lines = '{"a":1}\n\n{"b":"\u2028"}\r\n';
const asLines = { unit: 'line', texts: ['1@1 {"a":1}', '3@3 {"b":"\u2028"}\r'] };
const utf16 = (text: string, isBigEndian = false): Buffer => {
  const bytes = Buffer.from(text, 'utf16le');
  return isBigEndian ? bytes.swap16() : bytes;
};

describe('a file of events', () => {
  it.each([
    ['lines', Buffer.from(lines)],
    ['gzipped lines', gzipSync(lines)],
    ['gzip of several members', Buffer.concat([gzipSync('{"a":1}\n'), gzipSync('\n{"b":"\u2028"}\r\n')])],
    ['UTF-16 with a byte order mark', utf16(`\ufeff${lines}`)],
    ['UTF-16 of the other order', utf16(`\ufeff${lines}`, true)],
    ['UTF-16 without a mark', utf16(lines)],
    ['gzipped UTF-16', gzipSync(utf16(`\ufeff${lines}`))],
  ])('is read as %s', async (_, bytes) => {
    const found = await read(bytes);
    expect({ ...found, texts: found.texts.map(text => text.replace('\ufeff', '')) }).toEqual(asLines);
  });

  it('keeps half a surrogate pair of UTF-16 as the escape that JSON has for it', async () => {
    const { texts } = await read(utf16('\ufeff{"a":"\ud83d","b":"🦩\ude00"}'));
    expect(texts).toEqual(['1@1 \ufeff{"a":"\\ud83d","b":"🦩\\ude00"}']);
  });

  it('may be a JSON array, on one line or on many', async () => {
    expect(await read('[{"a":1},{"b":[2,"],{"]}]')).toEqual({
      unit: 'event',
      texts: ['1@1 {"a":1}', '2@1 {"b":[2,"],{"]}'],
    });
    const events = [{ a: 1, b: { c: 'x\ny' } }, { d: [] }];
    const { unit, texts } = await read(JSON.stringify(events, null, 2));
    expect(unit).toBe('event');
    expect(texts.map(text => JSON.parse(text.slice(4)))).toEqual(events);
    expect(texts.map(text => text.slice(0, 4))).toEqual(['1@2 ', '2@8 ']);
  });

  it('may be objects that are printed over several lines', async () => {
    const { unit, texts } = await read('\ufeff{\r\n  "a": 1\r\n}\r\n{\n"b": "}"\n}{"c":3}');
    expect(unit).toBe('event');
    expect(texts).toEqual(['1@1 {    "a": 1  }', '2@4 { "b": "}" }', '3@6 {"c":3}']);
  });

  it('has one event a line if its first line is broken, so that the others are sent', async () => {
    const { unit, texts } = await read('{"a":1,"b":{\n{"c":3}\n{"d":4}\n');
    expect(unit).toBe('line');
    expect(texts).toHaveLength(3);
    expect((await read('[2026-11-23] INFO\n{"c":3}\n')).unit).toBe('line');
    expect((await read('"x"\n{"c":3}\n')).unit).toBe('line');
  });

  it('reports what is wrong with an event, and that an array was truncated', async () => {
    expect(await read('[{"a":"x\ny"},\n{"b":1}]')).toEqual({
      unit: 'event',
      texts: ['1@1 A string contains a line break; JSON requires the escape \\n', '2@3 {"b":1}'],
    });
    const { lines: cut } = await openEventFile(await fileOf('[{"a":1},{"b":'));
    const texts: unknown[] = [];
    const reading = (async () => {
      for await (const { fault, bytes } of cut) texts.push(fault ?? bytes?.toString());
    })();
    await expect(reading).rejects.toThrow('it ends inside a JSON array, so it may be truncated');
    expect(texts).toEqual(['{"a":1}', 'The file ends in the middle of the event']);
  });

  it('has whatever is no event handed on too, however it is cut into chunks', async () => {
    const value = fc.oneof(
      fc.dictionary(fc.string(), fc.jsonValue()).map(object => JSON.stringify(object)),
      fc.constantFrom('17', 'true', 'foo', '{"a":[{}]}', '"x y"'),
    );
    const spaces = fc.constantFrom(' ', '\n', '\r\n\t');
    await fc.assert(
      fc.asyncProperty(
        fc.array(value),
        spaces,
        fc.integer({ min: 1, max: 9 }),
        async (values, space, size) => {
          const bytes = Buffer.from(`[${space}${values.join(`${space},${space}`)}${space}]`);
          const chunks = async function* (): AsyncGenerator<Buffer> {
            for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
          };
          const found: (string | undefined)[] = [];
          for await (const { bytes: event } of splitDocuments(chunks(), 10_000))
            found.push(event?.toString());
          expect(found).toEqual(values);
        },
      ),
    );
  });

  it.each([
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), 'compressed with zstd; try: zstd -dc'],
    ['bzip2', Buffer.from('BZh91AY'), 'compressed with bzip2'],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'compressed with xz'],
    ['zip', Buffer.from('PK\u0003\u0004xx'), 'a zip archive'],
    ['Parquet', Buffer.from('PAR1xxxx'), 'a Parquet file'],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0]), 'UTF-32; try: iconv'],
    ['gzip of gzip', gzipSync(gzipSync('{}')), 'compressed with gzip twice'],
    ['bytes that are no text', Buffer.from([1, 2, 3, 4]), 'is not text'],
  ])('is refused with what it is and what to do: %s', async (_, bytes, message) => {
    await expect(openEventFile(await fileOf(bytes))).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message),
    });
  });

  it('is not taken for whole if its gzip data breaks off', async () => {
    const whole = gzipSync(
      Array.from({ length: 20_000 }, (_, n) => `{"n":${n},"x":"${Math.sin(n)}"}\n`).join(''),
    );
    const { lines: cut } = await openEventFile(await fileOf(whole.subarray(0, whole.length / 2)));
    let last = '';
    const reading = (async () => {
      for await (const { bytes } of cut) last = bytes!.toString();
    })();
    await expect(reading).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('damaged gzip'),
    });
    // What was a whole line has been handed on, and half a line has not.
    expect(JSON.parse(last)).toMatchObject({ n: expect.any(Number) });
  });

  it('is read however much is in it, and says how far', async () => {
    const text = Array.from({ length: 50_000 }, (_, n) => `{"n":${n}}`).join('\n');
    const { lines: all, share } = await openEventFile(await fileOf(text));
    expect(share()).toBeGreaterThan(0);
    expect(share()).toBeLessThan(1);
    let count = 0;
    for await (const { number } of all) expect(number).toBe(++count);
    expect(count).toBe(50_000);
    expect(share()).toBe(1);
  });
});
