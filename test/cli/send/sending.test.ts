import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectionOver } from '#cli/connection.ts';
import type { EventFile } from '#cli/send/event-file.ts';
import type { InputLine } from '#cli/send/event-lines.ts';
import { type Manner, sendFile } from '#cli/send/sending.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('sending the lines of a file', () => {
  it('posts what is prepared, and keeps what was read with the reason of its refusal', async () => {
    const bodies: string[] = [];
    const connection = connectionOver({
      urlOfLink: link => link,
      async fetch(path, { body = '' } = {}) {
        bodies.push(`${path} ${Buffer.from(body).toString()}`);
        const rejected = [{ index: 1, code: 'no', path: '/a', message: 'Not this' }];
        const events = [{ index: 0, id: 'i', occurred_at: 't' }];
        return Response.json({ accepted: 1, events, rejected }, { status: 207 });
      },
    });
    async function* lines(): AsyncGenerator<InputLine> {
      yield { number: 1, line: 2, bytes: Buffer.from('a'), original: Buffer.from('A') };
      yield { number: 2, line: 3, bytes: Buffer.from('b'), original: Buffer.from('B') };
      yield { number: 3, line: 4, bytes: Buffer.from('C'), fault: 'Unreadable', code: 'other' };
    }
    const file: EventFile = {
      name: 'f',
      unit: 'event',
      lines: lines(),
      share: () => undefined,
      identity: undefined,
    };
    const manner: Manner = {
      door: { connection, path: '/door' },
      prepare: bytes => Buffer.concat([bytes, Buffer.from('!')]),
      printRefused: (original, { line, event, code }) => Buffer.from(`${line} ${event} ${code} ${original}`),
      advise: (refused, kept) => `${refused} in ${kept}`,
    };
    const rejected = join(await temporaryDirectory(), 'rejected');
    await expect(sendFile(file, manner, { rejected, skip: 0, json: true })).rejects.toThrow(
      `2 events were refused; 2 in ${rejected}`,
    );
    expect(bodies).toEqual(['/door a!\nb!']);
    expect(readFileSync(rejected, 'utf8')).toBe('3 2 no B\n4 3 other C\n');
  });
});
