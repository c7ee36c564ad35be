/**
 * The text of a stored object of the ledger. A few bytes of gzip can unpack to gigabytes, so it is unpacked up to a
 * limit that no object of ours reaches.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UnreadableRecord } from '#aws/state/record.ts';
import type { StoredObject } from './objects.ts';

/** A batch of archive has at most 256 MiB of text, and gives each row its `filed_at`. */
const maxTextMiB = 320;

/** Throws `UnreadableRecord` if it is not gzip, or larger than any object that archive writes. */
export const readLedgerText = async (
  { bytes, place }: Pick<StoredObject, 'bytes' | 'place'>,
  maxMiB = maxTextMiB,
): Promise<string> => {
  try {
    const text = await promisify(gunzip)(bytes, { maxOutputLength: maxMiB * 1024 * 1024 });
    return text.toString('utf8');
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw unreadable(
      place,
      isTooLarge
        ? `its text is larger than ${maxMiB} MiB, and archive writes none that is`
        : 'it does not contain gzipped rows',
    );
  }
};

/** An object of the ledger that cannot be read. */
export const unreadable = (place: string, reason: string): UnreadableRecord =>
  new UnreadableRecord(place, reason, 'Restore it from a copy; "annals check" finds what else is damaged');
