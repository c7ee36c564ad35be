/**
 * The secrets of a destination as they are stored: sealed with AES-256-GCM by the one data key of an installation.
 * What is sealed is bound to its place, so that a copy of it under another delivery does not open.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import * as z from 'zod';
import type { DestinationSecrets } from './destination.ts';

/** The data key, from the text that an installation keeps: at least 256 bits of randomness in any letters. */
export const dataKeyOf = (secret: string | Uint8Array): Uint8Array =>
  createHash('sha256').update(secret).digest();

/** NIST SP 800-38D section 8.2.2: random nonces of 96 bits, for at most 2³² messages of one key. */
export const nonceBytes = 12;
const tagBytes = 16;

/** Where it stands. The version is never used again. */
export type SecretPlace = { scopeId: string; id: string; version: string };

export type SealedSecrets = {
  format: 1;
  /** In base64: the nonce, the ciphertext, the tag. */
  sealed: string;
};

const shape = z.strictObject({
  url: z.string(),
  secrets: z.array(z.string()),
  headers: z.record(z.string(), z.string()),
});

/** The key, or the place, is not that with which this was sealed; or it is damaged. Quotes nothing of it. */
export class SecretsUnreadable extends Error {
  constructor({ id }: SecretPlace) {
    super(
      `The secrets of the delivery ${id} cannot be opened with the key of this installation; set them again`,
    );
    this.name = 'SecretsUnreadable';
  }
}

const boundTo = ({ scopeId, id, version }: SecretPlace): Buffer =>
  Buffer.from(JSON.stringify(['delivery-secrets', scopeId, id, version]));

export const sealSecrets = (
  key: Uint8Array,
  nonce: Uint8Array,
  place: SecretPlace,
  secrets: DestinationSecrets,
): SealedSecrets => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(
    boundTo(place),
  );
  const text = Buffer.concat([cipher.update(JSON.stringify(secrets), 'utf8'), cipher.final()]);
  return { format: 1, sealed: Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64') };
};

/** Throws `SecretsUnreadable`. */
export const openSecrets = (
  key: Uint8Array,
  place: SecretPlace,
  { sealed }: SealedSecrets,
): DestinationSecrets => {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < nonceBytes + tagBytes) throw new SecretsUnreadable(place);
  const nonce = bytes.subarray(0, nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(boundTo(place)).setAuthTag(bytes.subarray(-tagBytes));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    return shape.parse(JSON.parse(text.toString()));
  } catch {
    // The cause may quote what was sealed.
    throw new SecretsUnreadable(place);
  }
};
