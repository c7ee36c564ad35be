/**
 * What the JSON reader remembers of the containers around its position. Only one text is read at a time,
 * without interruption, so all readings share one set of frames and one stack of entries: a container's
 * entries are above those of the container around it, and are dropped when it closes. So little memory is
 * needed per level.
 */

/** A container that has been opened and not yet closed; it has `count` entries, from `base` on. */
export type Frame = {
  isObject: boolean;
  base: number;
  count: number;
  isSorted: boolean;
  /** While true, the text from `start` is already canonical. */
  isVerbatim: boolean;
  /** The keys and tokens of a member of the outermost object. The caller keeps them. */
  keys: string[];
  tokens: string[];
  /** The entry being read: its key, and the canonical token of the key if it differs from the text. */
  key: string | undefined;
  keyToken: string | undefined;
  entryStart: number;
  valueStart: number;
};

/** For each entry its key (`''` in an array), and `text.slice(starts[i], ends[i])` or `canonicals[i]`. */
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

/** The frames of the current reading; those of small depths are kept for the next one. */
export const frames: Frame[] = [];
const keptDepth = 32;
const keptEntries = 4096;

export const releaseFrames = (): void => {
  if (frames.length > keptDepth) frames.length = keptDepth;
  if (starts.length > keptEntries) for (const list of [keys, starts, ends, canonicals]) list.length = 0;
};

/** Opens a container at `depth`. At depth 1 it gets new lists, since the caller keeps the previous ones. */
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
