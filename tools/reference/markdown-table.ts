/** Tables of Markdown, whose cells can hold any text. */

const cellOf = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');

/** A table without rows is nothing. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ''
    : [head, head.map(() => '---'), ...rows].map(row => `| ${row.map(cellOf).join(' | ')} |`).join('\n');

/** Code in a line, also if it holds backticks. https://spec.commonmark.org/0.31.2/#code-spans */
export const code = (text: string): string => {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
};

/** What each page begins with. */
export const pageHead = (title: string, about: string): string =>
  `<!-- Made by "npm run reference" from the code; do not edit. -->\n\n# ${title}\n\n${about}\n`;
