/**
 * Whether a request is the page's own. A browser sends the cookie of a session with requests that other
 * sites cause, so a session counts only beside a header that no other site can set (the server has no CORS
 * headers), and, as far as the browser says where a request comes from, only from the page's own origin.
 * SameSite alone ignores ports.
 */
import { type Answer, problem } from '#functions/http/answer.ts';
import type { Site } from './site.ts';

export const pageHeader = 'x-annals-page';
/** The origin of the page that holds the frame, as the browser told the page in it. */
export const embedderHeader = 'x-annals-embedder';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The answer to a request whose `Host` is not that of the page; undefined if it is. */
export const refuseHost = (site: Site, headers: Headers): Answer | undefined =>
  site.recognize(headers)
    ? undefined
    : problem(
        'misdirected',
        `The page is at the host ${site.hosts.join(' or ')}; a proxy in front has to pass on the Host of a request`,
      );

/** The answer to a request that is not the page's own; undefined if it is. */
export const refuseForeign = (site: Site, headers: Headers): Answer | undefined => {
  const known = site.recognize(headers);
  if (!known) return refuseHost(site, headers);
  if (headers[pageHeader] !== '1')
    return problem('unauthorized', `A session counts only with the header ${pageHeader}: 1`);
  const { origin, 'sec-fetch-site': from } = headers;
  return (from === undefined || from === 'same-origin') && (origin === undefined || origin === known.origin)
    ? undefined
    : problem('foreign_origin', `A request with a session comes from ${known.origin} alone`);
};
