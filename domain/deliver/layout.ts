/**
 * The keys of deliveries: in the state, and of what is handed over. Ids from outside are hashed in the state; in the
 * customer's own place they can be read, as far as a name of a file may have them.
 */
import { createHash } from 'node:crypto';
import { bucketName } from '#domain/archive/bucket.ts';
import { pathToken } from '#domain/object-key.ts';
import { dateOf, type Instant } from '#domain/time.ts';

/** The events of a delivery, numbered like those of a schedule. */
export const deliveriesPrefix = 'deliveries/';
export const deliveriesOfScopePrefix = (scopeId: string): string =>
  `${deliveriesPrefix}${pathToken(scopeId)}/`;
export const deliveryPrefix = (scopeId: string, id: string): string =>
  `${deliveriesOfScopePrefix(scopeId)}${pathToken(id)}/`;

/** What is not deleted, by bucket: one list finds all that may have work. */
export const openDeliveriesPrefix = 'deliveries-open/';
export const openDeliveryKey = (bucket: number, scopeId: string, id: string): string =>
  `${openDeliveriesPrefix}${bucketName(bucket)}/${pathToken(scopeId)}/${pathToken(id)}.json`;

/** How far each delivery is: one object each, so that one list says which have changed. */
export const deliveryProgressPrefix = 'delivery-progress/';
export const deliveryProgressKey = (scopeId: string, id: string): string =>
  `${deliveryProgressPrefix}${pathToken(scopeId)}/${pathToken(id)}.json`;

/** What each delivery has done, run by run. */
export const deliveryWorkPrefix = 'delivery-work/';
const workPrefix = (scopeId: string, id: string): string =>
  `${deliveryWorkPrefix}${pathToken(scopeId)}/${pathToken(id)}/`;
export const deliveryLeaseKey = (scopeId: string, id: string): string =>
  `${workPrefix(scopeId, id)}lease.json`;
export const frozenRunKey = (scopeId: string, id: string, run: number): string =>
  `${workPrefix(scopeId, id)}runs/${runDigits(run)}.json`;
export const keptManifestKey = (scopeId: string, id: string, run: number): string =>
  `${workPrefix(scopeId, id)}manifests/${runDigits(run)}.json`;
/** When the destinations of a scope were tested last. */
export const deliveryTestsPrefix = 'delivery-tests/';
export const deliveryTestsKey = (scopeId: string): string =>
  `${deliveryTestsPrefix}${pathToken(scopeId)}.json`;

/** Sealed; apart from everything that is printed. */
export const deliverySecretsPrefix = 'delivery-secrets/';
export const secretsOfDeliveryPrefix = (scopeId: string, id: string): string =>
  `${deliverySecretsPrefix}${pathToken(scopeId)}/${pathToken(id)}/`;
export const deliverySecretsKey = (scopeId: string, id: string, version: string): string =>
  `${secretsOfDeliveryPrefix(scopeId, id)}${version}.json`;

const runDigits = (run: number): string => String(run).padStart(12, '0');

/** Of a name of a file, which has at most 255 bytes with what stands around it. */
const maxReadableCharacters = 120;
const readable = /^[A-Za-z0-9._-]+$/;

/**
 * An id as a part of a name: unchanged, or `~` and the base64url of its UTF-8, as in paths of the API; a long one is
 * `~.` and its SHA-256, which no other form begins with.
 */
export const nameOfId = (id: string): string => {
  const name = readable.test(id) ? id : `~${Buffer.from(id).toString('base64url')}`;
  return name.length <= maxReadableCharacters ? name : `~.${createHash('sha256').update(id).digest('hex')}`;
};

export type DeliveryPlace = {
  /** The id of the installation. */
  installation: string;
  scopeId: string;
  id: string;
  /** Tells deliveries of one id apart, if an installation was restored from an old copy. */
  incarnation: string;
};

/** The place of a delivery below the destination's prefix or directory; it ends with a slash. */
export const placeOfDelivery = ({ installation, scopeId, id, incarnation }: DeliveryPlace): string =>
  `annals/${nameOfId(installation)}/scope=${nameOfId(scopeId)}/delivery=${nameOfId(id)}.${incarnation}/`;

/** `restored`: see `run.ts`. */
export type PartName = {
  run: number;
  end: Instant;
  replay?: string | undefined;
  restored?: string | undefined;
} & ({ kind: 'rows'; part: number } | { kind: 'manifest' });

/** The key of a part below the place of its delivery. */
export const partKey = (name: PartName): string => {
  const { run, end, replay, restored } = name;
  const apart = [
    ...(replay === undefined ? [] : [`replay=${replay}/`]),
    ...(restored === undefined ? [] : [`restored=${restored}/`]),
  ];
  const folder = `${apart.join('')}date=${dateOf(end)}/`;
  return name.kind === 'rows'
    ? `${folder}${runDigits(run)}-${name.part}.ndjson.gz`
    : `${folder}${runDigits(run)}-manifest.json`;
};
