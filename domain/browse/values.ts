/** The values that a field has among events, and how many events have each. */
import { type Cells, type ColumnField, valuesOfField } from '#domain/filter/filter.ts';

/** The fields with values that repeat. */
export const valueFields = [
  'action',
  'actor',
  'target',
  'success',
  'request_id',
  'client_trace_id',
  'address',
] as const satisfies readonly ColumnField[];

export type ValueField = (typeof valueFields)[number];
export type ValueCount = { value: string; events: number };

/** How many values an answer may have. */
export const maxValues = 1000;

export class Values {
  readonly #field: ValueField;
  readonly #counts = new Map<string, number>();

  constructor(field: ValueField) {
    this.#field = field;
  }

  get isFull(): boolean {
    return this.#counts.size >= maxValues;
  }

  /** False if there is no room for another value. */
  add(cells: Cells): boolean {
    const values = [...new Set(valuesOfField(cells, this.#field))];
    if (this.isFull && values.some(value => !this.#counts.has(value))) return false;
    for (const value of values) this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1);
    return true;
  }

  /** The most frequent first. */
  counts(): ValueCount[] {
    return [...this.#counts]
      .map(([value, events]) => ({ value, events }))
      .sort((a, b) => b.events - a.events || (a.value < b.value ? -1 : 1));
  }
}
