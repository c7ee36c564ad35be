/** The path and the query of a request's URL, percent-decoded; nothing is guessed or dropped. */

export const maxUrlBytes = 8192;

/**
 * `segments` are the parts between slashes; undefined if the target is not a URL, or its path is not
 * percent-encoded UTF-8.
 */
export const parseTarget = (target: string): { segments: string[]; query: string } | undefined => {
  // Clients send the absolute form to a proxy, but every server must accept it (RFC 9112, 3.2.2).
  const path = /^https?:\/\/[^/?#]*/i.exec(target)?.[0].length ?? 0;
  const text = path === 0 || target.length > path ? target.slice(path) : '/';
  if (!/^\/[\x21-\x22\x24-\x7e]*$/.test(text)) return undefined;
  const end = text.indexOf('?');
  try {
    return {
      segments: (end === -1 ? text : text.slice(0, end)).slice(1).split('/').map(decodeURIComponent),
      query: end === -1 ? '' : text.slice(end + 1),
    };
  } catch {
    return undefined;
  }
};

export type QueryFault = { code: 'invalid_url' | 'repeated_parameter'; message: string };

/** The parameters by name, or why the query is refused. */
export const parseQuery = (query: string): { parameters: Record<string, string> } | QueryFault => {
  const parameters = new Map<string, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = decode(at === -1 ? part : part.slice(0, at));
    const value = decode(at === -1 ? '' : part.slice(at + 1));
    if (name === undefined || value === undefined)
      return { code: 'invalid_url', message: 'The query of the URL is not percent-encoded UTF-8' };
    if (parameters.has(name))
      return {
        code: 'repeated_parameter',
        message: `The query parameter "${name}" is given twice; give it once`,
      };
    parameters.set(name, value);
  }
  return { parameters: Object.fromEntries(parameters) };
};

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
};
