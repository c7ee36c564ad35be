/**
 * The key that seals the secrets of deliveries, readable by the owner of the data directory alone. It is made when
 * the first secret is set. If it is lost, the secrets of all deliveries have to be set again.
 */
import { dataKeyOf } from '#domain/deliver/sealed-secrets.ts';
import { openTokenKey } from './customer-tokens.ts';

/** The name of its file in the data directory. */
export const deliveryKeyName = 'delivery-key';

/** Reads the key, at the first call from its file; one that does not exist is created. */
export const deliveryKeyAt = (path: string, temporary: string): (() => Promise<Uint8Array>) => {
  let opened: Promise<Uint8Array> | undefined;
  return () => {
    opened ??= openTokenKey(path, temporary).then(dataKeyOf);
    // A file that cannot be read now may be readable later.
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
};
