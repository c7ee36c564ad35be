/** Parts of a run, for senders. */
import { createHash } from 'node:crypto';
import { formOf } from '#domain/deliver/forms.ts';
import type { Part } from '#domain/deliver/sender.ts';
import { derivedId } from '#domain/derived-id.ts';
import { cellsOf, uuid } from '#test/support/browse-world.ts';

const at = '2026-11-26T11:00:00.000000000Z';

/** A part with a row for each name, which the row's actor has. */
export const partOf = (names: readonly string[], change: Partial<Part> = {}): Part => {
  const lines = names.map((name, index) => {
    const cells = cellsOf({ id: uuid(index + 1), occurredAt: at, filedAt: at, scope: 'acme' });
    return formOf('json').line({ ...cells, actor: JSON.stringify({ id: 'u', type: 'user', name }) });
  });
  const text = Buffer.from(lines.join(''));
  const part = {
    run: 7,
    part: 1,
    kind: 'rows' as const,
    end: at,
    text,
    sha256: createHash('sha256').update(text).digest('hex'),
    events: names.map((_, index) => ({ id: uuid(index + 1), occurredAt: at })),
    id: derivedId('part', ...names),
    key: 'date=2026-11-26/000000000007-1.ndjson.gz',
  };
  return { ...part, ...change };
};
