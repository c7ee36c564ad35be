/** Commands for a shell that ask the API for what the page shows. The token is a variable, never itself. */

/** One argument of a POSIX shell, whatever is in the text. */
export const quoteForShell = (text: string): string =>
  /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** `url` is where the API is served. */
export const curlOf = (url: string, body: unknown): string =>
  [
    'curl',
    '-H "Authorization: Bearer $ANNALS_TOKEN"',
    `-H ${quoteForShell('Content-Type: application/json')}`,
    `--data-binary ${quoteForShell(JSON.stringify(body))}`,
    quoteForShell(url),
  ].join(' ');
