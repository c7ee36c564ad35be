/**
 * What the reader of JSON text remembers of the containers that it stands in. Reading is one after another and never
 * interrupted, so there is one set of frames for all of it.
 */

/**
 * A container that has been opened and not yet closed. Entry i is `text.slice(starts[i], ends[i])`, or
 * `canonicals[i]`. Frames are used again for the next container at their depth, so only `count` entries hold.
 */
export type Frame = {
  isObject: boolean;
  count: number;
  isSorted: boolean;
  /** While true, the text from `start` is canonical as it stands. */
  isVerbatim: boolean;
  keys: string[];
  starts: number[];
  ends: number[];
  canonicals: (string | undefined)[];
  tokens: string[];
  /** The entry being read: its key, the canonical token of the key where the text's will not do. */
  key: string | undefined;
  keyToken: string | undefined;
  entryStart: number;
  valueStart: number;
};

const newFrame = (): Frame => ({
  isObject: true,
  count: 0,
  isSorted: true,
  isVerbatim: true,
  keys: [],
  starts: [],
  ends: [],
  canonicals: [],
  tokens: [],
  key: undefined,
  keyToken: undefined,
  entryStart: 0,
  valueStart: 0,
});

/** The frames of the reading in progress; those of the upper depths are kept from one reading to the next. */
export const frames: Frame[] = [];
const keptDepth = 32;
const keptEntries = 256;

export const releaseFrames = (): void => {
  if (frames.length > keptDepth) frames.length = keptDepth;
};

/** Opens the container that is to stand at `depth`. What depth 1 has gathered was given away, so it starts anew. */
export const openFrame = (depth: number, isObject: boolean): Frame => {
  let frame = frames[depth];
  if (frame === undefined || frame.starts.length > keptEntries) {
    frame = newFrame();
    frames[depth] = frame;
  }
  frame.isObject = isObject;
  frame.count = 0;
  frame.isSorted = true;
  frame.isVerbatim = true;
  if (depth === 1) {
    frame.keys = [];
    frame.tokens = [];
  }
  return frame;
};
