/**
 * What the reader of JSON text remembers of the containers that it stands in. Reading is one after another
 * and never interrupted, so there is one set of frames for all of it, and one stack of entries below them: a
 * container's entries stand above those of the container around it, and go when it is closed. So little is
 * held of each level.
 */

/** A container that has been opened and not yet closed; its entries are `count` from `base` on. */
export type Frame = {
  isObject: boolean;
  base: number;
  count: number;
  isSorted: boolean;
  /** While true, the text from `start` is canonical as it stands. */
  isVerbatim: boolean;
  /** Of a member of the outermost object: its keys and tokens, which are given away. */
  keys: string[];
  tokens: string[];
  /** The entry being read: its key, the canonical token of the key where the text's will not do. */
  key: string | undefined;
  keyToken: string | undefined;
  entryStart: number;
  valueStart: number;
};

/**
 * Of each entry its key (in an array none: `''`), and `text.slice(starts[i], ends[i])` or `canonicals[i]`.
 */
export const keys: string[] = [];
export const starts: number[] = [];
export const ends: number[] = [];
export const canonicals: (string | undefined)[] = [];

const none: string[] = [];

const newFrame = (): Frame => ({
  isObject: true,
  base: 0,
  count: 0,
  isSorted: true,
  isVerbatim: true,
  keys: none,
  tokens: none,
  key: undefined,
  keyToken: undefined,
  entryStart: 0,
  valueStart: 0,
});

/** The frames of the reading in progress; those of the upper depths are kept from one reading to the next. */
export const frames: Frame[] = [];
const keptDepth = 32;
const keptEntries = 4096;

export const releaseFrames = (): void => {
  if (frames.length > keptDepth) frames.length = keptDepth;
  if (starts.length > keptEntries) for (const list of [keys, starts, ends, canonicals]) list.length = 0;
};

/** Opens a container at `depth`. The lists of depth 1 were given away, so it gets new ones. */
export const openFrame = (depth: number, isObject: boolean): Frame => {
  let frame = frames[depth];
  if (frame === undefined) {
    frame = newFrame();
    frames[depth] = frame;
  }
  const around = depth === 0 ? undefined : frames[depth - 1];
  frame.isObject = isObject;
  frame.base = around ? around.base + around.count : 0;
  frame.count = 0;
  frame.isSorted = true;
  frame.isVerbatim = true;
  if (depth === 1) {
    frame.keys = [];
    frame.tokens = [];
  }
  return frame;
};
