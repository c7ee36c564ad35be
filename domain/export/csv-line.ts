/**
 * A line of Athena's CSV as its cells, and back: every value quoted, quotes doubled, NULL an empty field
 * without quotes.
 */

export type Cell = string | null;

const quote = '"';

/** The cells of a line without its line break. */
export const parseCsvLine = (line: string): Cell[] => {
  const cells: Cell[] = [];
  for (let at = 0; at <= line.length; at++) {
    if (line[at] !== quote) {
      // Only NULL is not quoted.
      cells.push(null);
      const comma = line.indexOf(',', at);
      at = comma < 0 ? line.length : comma;
      continue;
    }
    let end = line.indexOf(quote, at + 1);
    let isDoubled = false;
    while (line[end + 1] === quote && end > 0) {
      isDoubled = true;
      end = line.indexOf(quote, end + 2);
    }
    const text = line.slice(at + 1, end < 0 ? line.length : end);
    cells.push(isDoubled ? text.replaceAll('""', quote) : text);
    at = end < 0 ? line.length : end + 1;
  }
  return cells;
};

export const printCsvLine = (cells: readonly Cell[]): string =>
  `${cells.map(cell => (cell === null ? '' : `"${cell.replaceAll(quote, '""')}"`)).join(',')}\n`;
