import { describe, expect, it } from 'vitest';
import { exportedColumns } from '#domain/archive/columns.ts';
import { eventFields } from '#domain/event/event.ts';

describe('the columns', () => {
  it('are exported in the order of the seed', () => {
    expect(exportedColumns.map(({ name }) => name)).toEqual(eventFields);
  });
});
