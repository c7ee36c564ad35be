/**
 * Posts lines of which some may be poison: lines that make the service, or a proxy before it, answer every request with
 * an error. They are isolated by halving and reported, and do not stop the others. If every line fails in the same way,
 * the lines are not the reason, and sending stops.
 */
import {
  type AcceptedLine,
  bodyTooLarge,
  type Door,
  type Posted,
  postEvents,
  type RefusedLine,
  type Stuck,
} from './post-events.ts';

export type Outcome = {
  /** Whether the service has accepted or refused events of this sender, in this request or before. */
  hasSucceeded: boolean;
  accepted: AcceptedLine[];
  /** Includes poison lines, with the code of the response. */
  rejected: RefusedLine[];
  warningsLeftOut: number;
  /** Why the rest was given up, and its indexes: not sent, or the outcome is unknown. */
  hopeless?: { stuck: Stuck; left: number[] };
};

/** The number of lines, spread over a request, that are tried alone to tell poison from a general failure. */
const maxProbes = 8;
/** This many lines may all be poison by chance. */
const maxChance = 2;

export const postApart = async (
  door: Door,
  lines: readonly Buffer[],
  hasSucceeded: boolean,
): Promise<Outcome> => {
  const outcome: Outcome = { hasSucceeded, accepted: [], rejected: [], warningsLeftOut: 0 };
  const send = async (indexes: readonly number[], isPatient = false): Promise<Posted> => {
    const posted = await postEvents(
      door,
      indexes.map(index => lines[index]!),
      isPatient,
    );
    for (const event of posted.accepted) outcome.accepted.push({ ...event, index: indexes[event.index]! });
    for (const refusal of posted.rejected)
      outcome.rejected.push({ ...refusal, index: indexes[refusal.index]! });
    outcome.warningsLeftOut += posted.warningsLeftOut;
    outcome.hasSucceeded ||= posted.left.length < indexes.length;
    return { ...posted, left: posted.left.map(index => indexes[index]!) };
  };
  const giveUp = (stuck: Stuck): Outcome => {
    const decided = new Set([...outcome.accepted, ...outcome.rejected].map(({ index }) => index));
    return { ...outcome, hopeless: { stuck, left: [...lines.keys()].filter(index => !decided.has(index)) } };
  };
  const isolate = (index: number, { code, message }: Stuck): void =>
    void outcome.rejected.push({ index, code, path: '', message });

  const first = await send(
    lines.map((_, index) => index),
    true,
  );
  if (!first.stuck) return outcome;
  if (first.stuck.about !== 'the events') return giveUp(first.stuck);

  const probed = spread(first.left, maxProbes);
  const rest = first.left.filter(index => !probed.includes(index));
  const poison = new Map<number, Stuck>();
  for (const index of probed) {
    const { stuck } = await send([index]);
    if (stuck && stuck.about !== 'the events') return giveUp(stuck);
    if (stuck) poison.set(index, stuck);
  }
  const answers = new Set([...poison.values()].map(({ code }) => code));
  const isEverything =
    poison.size === probed.length &&
    answers.size === 1 &&
    !answers.has(bodyTooLarge) &&
    (probed.length > maxChance || !outcome.hasSucceeded);
  if (isEverything) return giveUp(first.stuck);
  for (const [index, stuck] of poison) isolate(index, stuck);

  const pieces = [rest];
  for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
    if (piece.length === 0) continue;
    const { left, stuck } = await send(piece);
    if (stuck && stuck.about !== 'the events') return giveUp(stuck);
    if (stuck && left.length === 1) isolate(left[0]!, stuck);
    else if (stuck) {
      const half = Math.ceil(left.length / 2);
      // The first half is sent first.
      pieces.push(left.slice(half), left.slice(0, half));
    }
  }
  return outcome;
};

/** At most `most` items, evenly spread from the first to the last. */
const spread = (items: readonly number[], most: number): number[] =>
  items.length <= most
    ? [...items]
    : Array.from({ length: most }, (_, n) => items[Math.floor((n * (items.length - 1)) / (most - 1))]!);
