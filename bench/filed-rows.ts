/**
 * Rows as the ledger has them, made fast enough for ten million of them: the texts of some thousand bench events in
 * turn, each time with an id, a hash and times of their own.
 */
import { filedRowBytes, fileRow } from '#domain/archive/row.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { rowOf } from './archive.ts';

const leastTexts = 9_000;
const madeAtMs = Date.parse('2000-01-01T00:00:00Z');
const madeAt = instantOfMilliseconds(madeAtMs);

type Text = { line: Buffer; id: number; sha256: number; occurredAt: number };

export class FiledRows {
  readonly #texts: Text[];

  constructor(scopes: readonly string[]) {
    const texts = scopes.length * Math.ceil(leastTexts / scopes.length);
    this.#texts = Array.from({ length: texts }, (_, n) => textOf(n, scopes[n % scopes.length]!));
  }

  /** Row number n, with its newline: of the scopes in turn, filed half a second after it occurred. */
  line(n: number, occurredAtMs: number): Buffer {
    const { line: text, id, sha256, occurredAt } = this.#texts[n % this.#texts.length]!;
    const line = Buffer.from(text);
    const hex = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
    line.write(`${hex}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`, id, 'latin1');
    line.write(hex.repeat(8), sha256, 'latin1');
    line.write(instantOfMilliseconds(occurredAtMs), occurredAt, 'latin1');
    const filed = Buffer.alloc(filedRowBytes(line));
    fileRow(filed, 0, line, instantOfMilliseconds(occurredAtMs + 500, n % 1_000_000));
    return filed;
  }
}

const textOf = (n: number, scope: string): Text => {
  const line = Buffer.from(rowOf(n, scope, madeAtMs));
  const after = (start: string): number => line.indexOf(start) + start.length;
  const occurredAt = after('"occurred_at":"');
  if (line.toString('latin1', occurredAt, occurredAt + madeAt.length) !== madeAt)
    throw new Error('The row does not have its time where it was looked for');
  return { line, id: after(',"id":"'), sha256: after('"content_sha256":"'), occurredAt };
};
