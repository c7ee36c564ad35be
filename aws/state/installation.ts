/**
 * The record of the installation in the state: made by whoever starts first, completed by whoever knows what
 * it lacks, each time only as the version that was read, so that functions that start side by side end with
 * one record.
 */
import { randomUUID } from 'node:crypto';
import type { Objects } from '#aws/objects.ts';
import {
  type Configured,
  completeInstallation,
  type InstallationRecord,
  installationConflict,
  isInstallation,
  newInstallation,
  type StoredInstallation,
} from '#domain/archive/installation.ts';
import { eventsPrefix, installationKey, watermarkPrefix } from '#domain/archive/layout.ts';
import { encodeRecord, type RecordKind, readRecord } from './record.ts';

const installationRecord: RecordKind<StoredInstallation> = {
  isWhole: isInstallation,
  cure:
    'Restore it from a copy or an earlier version: it says how the ledger is divided; ' +
    'if the number of buckets was never changed, it can be deleted: it is then made again',
};

/** The configuration, the ledger or this version cannot go on with the installation; the message says what to do. */
export class InstallationConflict extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InstallationConflict';
  }
}

/**
 * How often a record is read again that somebody else has replaced meanwhile; each loses to another only once
 * or twice.
 */
const maxAttempts = 20;

/** The record; throws if the configuration disagrees with it, or if it cannot be read. */
export const requireInstallation = async (
  state: Pick<Objects, 'get' | 'create' | 'replace'>,
  configured: Configured,
): Promise<InstallationRecord> => {
  const id = randomUUID();
  // Created before it is read: without the right to list a bucket, a free key is answered with 403, not 404.
  await state.create(installationKey, encodeRecord(newInstallation(configured, id)));
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const object = (await state.get(installationKey))!;
    const stored = readRecord(object, installationRecord);
    const conflict = installationConflict(stored, configured);
    if (conflict !== undefined) throw new InstallationConflict(conflict);
    const complete = completeInstallation(stored, configured, id);
    if (complete === stored || (await state.replace(installationKey, encodeRecord(complete), object.etag)))
      return complete as InstallationRecord;
  }
  throw new Error(`The record ${installationKey} was replaced by others ${maxAttempts} times; start again`);
};

/** The place holds no installation. */
export class NoInstallation extends Error {
  constructor(place: string) {
    super(`There is no installation: ${place} is not there`);
    this.name = 'NoInstallation';
  }
}

/** The record as it stands, without making or completing one. */
export const readInstallation = async (
  state: Pick<Objects, 'get' | 'placeOf'>,
): Promise<StoredInstallation> => {
  const object = await state.get(installationKey);
  if (!object) throw new NoInstallation(state.placeOf(installationKey));
  return readRecord(object, installationRecord);
};

/**
 * Throws if the ledger holds objects and nothing says up to where it was filed: the state has been lost, and
 * what is filed now could stand before what was filed then.
 */
export const requireFiledFrom = async (
  state: Pick<Objects, 'bucket' | 'list'>,
  ledger: Pick<Objects, 'bucket' | 'list'>,
  { filed_from }: Pick<InstallationRecord, 'filed_from'>,
): Promise<void> => {
  if (filed_from !== null) return;
  for await (const _ of state.list(watermarkPrefix, undefined, 1)) return;
  for await (const _ of ledger.list(eventsPrefix, undefined, 1))
    throw new InstallationConflict(
      `The ledger "${ledger.bucket}" holds objects, but "${state.bucket}" holds no watermark: restore the state, ` +
        `or set "filed_from" in its ${installationKey} to an instant above every filed_at of the ledger, ` +
        'which annals check tells',
    );
};
