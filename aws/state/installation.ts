/**
 * The record of the installation in the state. The first process to start creates it, and later ones add what
 * it lacks. Each write replaces only the version that was read, so functions that start concurrently end up
 * with one record.
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
    'if the number of buckets was never changed, delete it: it is then made again',
};

/**
 * The configuration, the ledger or this version does not fit the installation; the message says what to do.
 */
export class InstallationConflict extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InstallationConflict';
  }
}

/**
 * How often the record is read again because somebody else has replaced it; a process loses that race only
 * once or twice.
 */
const maxAttempts = 20;

/** The record; throws if the configuration disagrees with it, or if it cannot be read. */
export const requireInstallation = async (
  state: Pick<Objects, 'get' | 'create' | 'replace'>,
  configured: Configured,
): Promise<InstallationRecord> => {
  const id = randomUUID();
  // Created before it is read: without the right to list a bucket, reading a free key gives 403, not 404.
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

/** The place contains no installation. */
export class NoInstallation extends Error {
  constructor(place: string) {
    super(`There is no installation: ${place} is not there`);
    this.name = 'NoInstallation';
  }
}

/** Reads the record without creating or completing it. */
export const readInstallation = async (
  state: Pick<Objects, 'get' | 'placeOf'>,
): Promise<StoredInstallation> => {
  const object = await state.get(installationKey);
  if (!object) throw new NoInstallation(state.placeOf(installationKey));
  return readRecord(object, installationRecord);
};

/**
 * Throws if the ledger contains objects but no watermark says how far it was filed. The state has been lost,
 * and rows filed now could sort before rows that were filed earlier.
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
