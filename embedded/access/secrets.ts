/**
 * The secrets of an installation. If a file of theirs is damaged, its path is reported, and its content
 * never.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataDirectory, DataDirectoryError } from '#embedded/data-directory.ts';
import { asAbsent, codeOf, isDirectory } from '#embedded/files.ts';
import type { Log } from '#functions/runtime/log.ts';
import { openTokenKey } from './customer-tokens.ts';
import { KeyRing } from './key-ring.ts';

const cures = {
  keys: 'Restore it from a copy, or delete it: the next start makes new keys, which all senders and readers need',
  tokenKey:
    'Restore it from a copy, or delete it: the next start makes a new one, and customers need new tokens',
} as const;

export const openSecrets = async (
  { keys, tokenKey, temporary, buckets }: DataDirectory,
  log: Log,
): Promise<{ keys: KeyRing; tokenKey: Uint8Array }> => {
  // An installation without state has no secrets that anybody could hold.
  if (await isDirectory(join(buckets, 'state')))
    for (const path of [keys, tokenKey])
      if (!(await isThere(path)))
        log('warn', 'A file of secrets is gone and is made anew: who has an old token needs a new one', {
          path,
        });
  return {
    keys: await openSecret(keys, cures.keys, () => KeyRing.open(keys, temporary, log)),
    tokenKey: await openSecret(tokenKey, cures.tokenKey, () => openTokenKey(tokenKey, temporary)),
  };
};

const isThere = async (path: string): Promise<boolean> => {
  return access(path).then(
    () => true,
    error => asAbsent(error) ?? false,
  );
};

const openSecret = async <T>(path: string, cure: string, open: () => Promise<T>): Promise<T> => {
  try {
    return await open();
  } catch (cause) {
    if (codeOf(cause) !== undefined) throw cause;
    throw new DataDirectoryError(`The file ${path} is damaged. ${cure}`);
  }
};
