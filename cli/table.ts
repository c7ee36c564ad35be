/** Tables for people. */
import { Table } from 'console-table-printer';

/** The rows as a table with a border, the columns in the order of the first row. */
export const renderTable = (rows: readonly Record<string, string | number>[]): string => {
  const table = new Table({
    shouldDisableColors: !process.stdout.isTTY,
    defaultColumnOptions: { alignment: 'left' },
  });
  table.addRows([...rows]);
  return table.render();
};
