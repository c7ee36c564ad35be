/**
 * The URL of a server behind a proxy, as others reach it; its path is where the proxy serves it. It is
 * printed and put into links, so it must not contain a secret.
 */

/** Returns the URL without a final slash, or its fault as the end of a sentence that begins with its name. */
export const parsePublicUrl = (text: string): { url: string } | { fault: string } => {
  if (!/^https?:\/\/[^/]/i.test(text) || /[\s\\]/.test(text) || !URL.canParse(text))
    return { fault: 'is not an http or https URL; expected one as https://example.com/audit' };
  const { username, password, origin, pathname } = new URL(text);
  if (username !== '' || password !== '') return { fault: 'holds a user name or a password; leave them out' };
  if (/[?#]/.test(text)) return { fault: 'has a query or a fragment; leave out what follows the path' };
  return { url: origin + pathname.replace(/\/+$/, '') };
};
