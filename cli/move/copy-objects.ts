/** Copies objects from one bucket to another, a few at a time. S3 verifies the SHA-256 of every put. */
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { ListedObject, Objects, PutOptions } from '#aws/objects.ts';

/** Bounds the memory, since an object of the ledger may have some tens of MiB. */
const atOnce = 8;
const batch = 500;

export type Copied = (objects: number, bytes: number) => void;

/** In batches, so that a list of any length is not held. */
export async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let held: T[] = [];
  for await (const item of items) {
    held.push(item);
    if (held.length < batch) continue;
    yield held;
    held = [];
  }
  if (held.length > 0) yield held;
}

/** Creates every object below a prefix that `to` lacks; what is there stays, whatever it is. */
export const createMissing = async (
  { from, to }: { from: Objects; to: Objects },
  prefix: string,
  copied: Copied,
  options: PutOptions = {},
): Promise<void> => {
  for await (const keys of inBatches(missingObjects(from, to, prefix)))
    await fewAtOnce(
      keys,
      async ({ key }) => {
        const object = await from.get(key);
        if (!object) return;
        await to.create(key, object.bytes, options);
        copied(1, object.bytes.length);
      },
      atOnce,
    );
};

/** What the first bucket has below a prefix and the second lacks; both list in the order of UTF-8 keys. */
export async function* missingObjects(
  from: Objects,
  to: Objects,
  prefix: string,
): AsyncGenerator<ListedObject> {
  const present = to.list(prefix);
  let other = await present.next();
  for await (const object of from.list(prefix)) {
    const key = Buffer.from(object.key);
    while (!other.done && Buffer.compare(Buffer.from(other.value.key), key) < 0) other = await present.next();
    if (other.done || other.value.key !== object.key) yield object;
  }
  await present.return(undefined);
}

/** Makes the objects with these keys those of `from`: creates or replaces what differs. */
export const makeSame = async (
  { from, to }: { from: Objects; to: Objects },
  isWanted: (key: string) => boolean,
  copied: Copied,
): Promise<void> => {
  for await (const listed of inBatches(from.list('')))
    await fewAtOnce(
      listed.filter(({ key }) => isWanted(key)),
      async ({ key }) => {
        const object = await from.get(key);
        if (!object) return;
        const other = await to.get(key);
        if (other?.bytes.equals(object.bytes)) return;
        if (!(await to.replace(key, object.bytes, other?.etag)))
          throw new Error(`Somebody else writes ${to.placeOf(key)}; stop them, and run the move again`);
        copied(1, object.bytes.length);
      },
      atOnce,
    );
};
