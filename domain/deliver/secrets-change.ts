/**
 * What a change does to the secrets of a delivery. What it leaves out stays, and null removes, as in a JSON Merge
 * Patch: nobody can read what is stored, so nobody could send it along. https://www.rfc-editor.org/rfc/rfc7396
 */
import type { DestinationSecrets, HttpsDestination } from './destination.ts';

export type SecretsChange = {
  /** Whole; one that is equal to the shown one stands for the stored one. */
  url?: string | undefined;
  /** The new one; the one before stays live beside it. Null: nothing is signed. */
  secret?: string | null | undefined;
  /** Ends the rotation: the one before is no longer live. */
  previous_secret?: null | undefined;
  /** By name; null removes one of them, or all. */
  headers?: Readonly<Record<string, string | null>> | null | undefined;
};

/** Two secrets are live while one is rotated. */
const maxLiveSecrets = 2;

/** Origin and path: userinfo and query may be secret. */
export const shownUrl = (url: string): string => {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
};

/** The secrets after the change; undefined if nothing is stored that could be read, and the change has no URL. */
export const changeSecrets = (
  stored: DestinationSecrets | undefined,
  change: SecretsChange,
): DestinationSecrets | undefined => {
  const url = stored && isShown(change.url, stored) ? stored.url : change.url;
  if (url === undefined) return undefined;
  return {
    url,
    secrets: secretsAfter(stored?.secrets ?? [], change),
    headers: headersAfter(stored?.headers ?? {}, change.headers),
  };
};

/** A "?" at its end makes it another URL: one without a query. */
const isShown = (url: string | undefined, stored: DestinationSecrets): boolean =>
  url === undefined || new URL(url).href === shownUrl(stored.url);

const secretsAfter = (
  stored: readonly string[],
  { secret, previous_secret }: SecretsChange,
): readonly string[] => {
  if (secret === null) return [];
  const live =
    secret === undefined
      ? stored
      : [secret, ...stored.filter(other => other !== secret)].slice(0, maxLiveSecrets);
  return previous_secret === null ? live.slice(0, 1) : live;
};

const headersAfter = (
  stored: DestinationSecrets['headers'],
  change: SecretsChange['headers'],
): Record<string, string> => {
  if (change === null) return {};
  const all = Object.entries({ ...stored, ...change });
  return Object.fromEntries(all.filter((header): header is [string, string] => header[1] !== null));
};

/** What a definition says of them. */
export const shownOf = ({
  url,
  secrets,
  headers,
}: DestinationSecrets): Pick<HttpsDestination, 'url' | 'header_names' | 'live_secrets'> => ({
  url: shownUrl(url),
  header_names: Object.keys(headers).sort(),
  live_secrets: secrets.length,
});
