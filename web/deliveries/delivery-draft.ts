/** What the form of a new delivery holds, and the body that it becomes. */
import type { Preset } from '#domain/deliver/destination.ts';
import type { DeliveryFormat } from '#domain/deliver/form.ts';
import type { Session } from '../session.ts';

/** `isStored`: a value is stored, which stays unless another one is given. */
export type Header = { name: string; value: string; isStored?: boolean };
export type Draft = {
  type: 'https' | 's3' | 'directory';
  url: string;
  secret: string;
  headers: readonly Header[];
  preset: Preset | 'none';
  bucket: string;
  prefix: string;
  region: string;
  role: string;
  path: string;
  owner: string;
  format: DeliveryFormat;
  actions: string;
  from: string;
};

export const emptyDraft: Draft = {
  type: 'https',
  url: '',
  secret: '',
  headers: [],
  preset: 'none',
  bucket: '',
  prefix: '',
  region: '',
  role: '',
  path: '',
  owner: '',
  format: 'json',
  actions: '',
  from: '',
};

/** As many as the API takes. */
export const maxHeaders = 10;

/** Whether a text is a whole date or time: while one is typed, nothing is asked. */
export const isWholeTime = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2}))?$/.test(text);

/** Nobody owns what the operator delivers into a directory; an admin owns what they make. */
export const wantsOwner = ({ type }: Draft, role: Session['role']): boolean =>
  role === 'operator' && type !== 'directory';

export const isComplete = (draft: Draft, role: Session['role']): boolean => {
  if (wantsOwner(draft, role) && draft.owner === '') return false;
  if (draft.type === 'https') return draft.url.startsWith('https://');
  if (draft.type === 's3') return draft.bucket !== '' && draft.region !== '' && draft.role !== '';
  return draft.path !== '';
};

/** A member that is left out if the field is empty. */
const given = <Name extends string>(name: Name, text: string): { [key in Name]?: string } =>
  text.trim() === '' ? {} : ({ [name]: text.trim() } as { [key in Name]: string });

const destinationOf = (draft: Draft) => {
  if (draft.type === 'directory') return { type: draft.type, path: draft.path };
  if (draft.type === 's3') {
    const { type, bucket, region, role } = draft;
    return { type, bucket, region, role_arn: role, ...given('prefix', draft.prefix) };
  }
  const { type, url, preset, headers } = draft;
  const named = headers.filter(({ name }) => name.trim() !== '');
  return {
    type,
    url,
    // Not trimmed: the receiver has the same text.
    ...(draft.secret === '' ? {} : { secret: draft.secret }),
    ...(preset === 'none' ? {} : { preset }),
    ...(named.length === 0
      ? {}
      : { headers: Object.fromEntries(named.map(({ name, value }) => [name.trim().toLowerCase(), value])) }),
  };
};

export const bodyOf = (draft: Draft, { role, reason }: Pick<Session, 'role' | 'reason'>) => ({
  destination: destinationOf(draft),
  format: draft.format,
  ...(draft.actions.trim() === '' ? {} : { filter: { action: draft.actions.trim() } }),
  ...given('from', draft.from),
  ...(wantsOwner(draft, role) ? { requested_by: draft.owner } : {}),
  ...(reason === null ? {} : { reason }),
});

/** What the form keeps of it after a request: nothing that may be secret. */
export const withoutSecrets = (draft: Draft): Draft => ({
  ...draft,
  url: shownUrl(draft.url),
  secret: '',
  headers: draft.headers.map(header => ({ ...header, value: '' })),
});

/** Whether `withoutSecrets` takes something away. */
export const hasSecrets = (draft: Draft): boolean =>
  draft.secret !== '' || draft.headers.some(({ value }) => value !== '') || shownUrl(draft.url) !== draft.url;

/** Origin and path, as far as it can be told; userinfo and query may be secret. */
const shownUrl = (url: string): string => {
  if (!URL.canParse(url)) return '';
  const { username, password, search, hash } = new URL(url);
  if (username + password + search + hash === '') return url;
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
};

const secretBytes = 32;

/** In the form of Standard Webhooks. */
export const makeSecret = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(secretBytes));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
};
