/** What the form of a change holds, and the body that it becomes: what was not touched is left out and stays. */
import type { Session } from '../session.ts';
import { type Draft, emptyDraft } from './delivery-draft.ts';
import { type Delivery, describeFilter } from './describe-delivery.ts';

/** What becomes of the secret. `replace`: at once, since it has leaked. `end`: of a rotation. */
export type SecretStep = 'keep' | 'rotate' | 'replace' | 'end' | 'remove';

export type ChangeDraft = Draft & { secretStep: SecretStep };

/** The steps that can be taken: `live` secrets sign each request; undefined if that is not known. */
export const secretStepsFor = (live: number | undefined): SecretStep[] => {
  if (live === 0) return ['keep', 'replace'];
  return ['keep', 'rotate', 'replace', ...(live === 1 ? [] : (['end'] as const)), 'remove'];
};

export const wantsSecret = ({ secretStep }: ChangeDraft): boolean =>
  secretStep === 'rotate' || secretStep === 'replace';

export const draftOf = ({ destination, format, filter, requested_by }: Delivery): ChangeDraft => ({
  ...emptyDraft,
  secretStep: 'keep',
  type: destination.type,
  format,
  actions: filter === null ? '' : describeFilter(filter),
  owner: requested_by ?? '',
  ...(destination.type === 'https'
    ? { url: destination.url, headers: namesOf(destination).map(storedHeader) }
    : {}),
});

type Https = Extract<Delivery['destination'], { type: 'https' }>;

const namesOf = ({ header_names = [] }: Https): readonly string[] => header_names;

/** Its value is not known here. */
const storedHeader = (name: string) => ({ name, value: '', isStored: true });

export const changeBodyOf = (
  draft: ChangeDraft,
  one: Delivery,
  { role, reason }: Pick<Session, 'role' | 'reason'>,
) => {
  const before = draftOf(one);
  const destination = one.destination.type === 'https' ? destinationOf(draft, one.destination) : undefined;
  const actions = draft.actions.trim();
  const owner = draft.owner.trim();
  return {
    ...(destination ? { destination } : {}),
    ...(draft.format === before.format ? {} : { format: draft.format }),
    ...(actions === before.actions ? {} : { filter: actions === '' ? null : { action: actions } }),
    ...(role === 'operator' && owner !== '' && owner !== before.owner ? { requested_by: owner } : {}),
    ...(reason === null ? {} : { reason }),
  };
};

const destinationOf = (draft: ChangeDraft, stored: Https) => {
  const named = draft.headers.filter(({ name }) => name.trim() !== '');
  const set = named
    .filter(({ value }) => value !== '')
    .map(({ name, value }) => [keyOf(name), value] as const);
  const kept = new Set(named.map(({ name }) => keyOf(name)));
  const removed = namesOf(stored)
    .filter(name => !kept.has(name))
    .map(name => [name, null] as const);
  const headers = Object.fromEntries([...set, ...removed]);
  const changes = {
    ...(draft.url.trim() === stored.url ? {} : { url: draft.url.trim() }),
    ...secretOf(draft),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
  return Object.keys(changes).length === 0 ? undefined : { type: 'https', ...changes };
};

const keyOf = (name: string): string => name.trim().toLowerCase();

const secretOf = ({ secretStep, secret }: ChangeDraft) => {
  switch (secretStep) {
    case 'keep':
      return {};
    case 'rotate':
      return { secret };
    case 'replace':
      return { secret, previous_secret: null };
    case 'end':
      return { previous_secret: null };
    case 'remove':
      return { secret: null };
  }
};

/** Whether there is something to save. An admin who saves takes a delivery over that is somebody else's. */
export const isChanged = (
  draft: ChangeDraft,
  one: Delivery,
  { role, user_id }: Pick<Session, 'role' | 'user_id'>,
): boolean => {
  if (wantsSecret(draft) && draft.secret === '') return false;
  const isTakingOver = role === 'admin' && one.requested_by !== user_id;
  return isTakingOver || Object.keys(changeBodyOf(draft, one, { role, reason: null })).length > 0;
};

/** Only the operator delivers into a directory. */
export const mayEdit = ({ destination }: Pick<Delivery, 'destination'>, role: Session['role']): boolean =>
  role === 'operator' || (role === 'admin' && destination.type !== 'directory');
