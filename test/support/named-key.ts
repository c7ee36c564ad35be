/** A named key in the key file of a data directory, as `annals key add` adds it; returns its token. */
import { join } from 'node:path';
import { changeKeys, digestOf, type KeyRole, newKeyId, newToken } from '#embedded/access/keys.ts';

export const addNamedKey = async (data: string, role: KeyRole): Promise<string> => {
  const token = newToken();
  const key = { id: newKeyId(), name: role, role, sha256: digestOf(token) };
  await changeKeys(join(data, 'keys.json'), join(data, 'tmp'), keys => [...keys, key]);
  return token;
};
