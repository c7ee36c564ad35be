/**
 * Finds the events of a batch that the service rejects. If it rejects a batch again and again, the cause may
 * be the environment (it is down, the token is wrong, a proxy is in the way) or an event (a firewall dislikes
 * it). An event is blamed only if it gets such an answer each time it is sent alone, while another event,
 * sent before and after it, is stored. So an outage condemns no event, however long it lasts.
 */
import type { Refusal } from './answer.ts';
import type { Delivery } from './delivery.ts';

export type Inquiry = {
  /** Sends some lines of the batch, and applies the answer to them. */
  send(lines: readonly string[]): Promise<Delivery>;
  /**
   * Whether the service stores the event that it stored last, if that is sent once more. That is a duplicate,
   * which is dropped there.
   */
  isWell(): Promise<boolean>;
  /** Whether the client is being closed. */
  isEnding(): boolean;
};

/** How many requests a search may make, and how many of these in a row may store nothing. */
const maxRequests = 200;
const maxVain = 8;
/** How many events are found at a time; the others are left for the next time. */
const maxSuspects = 20;
/** How often a suspected event must fail when it is sent alone. */
const trials = 3;

/** Returns the events of the batch that are to be refused, by their line. All others are still to be sent. */
export const findCulprits = async (
  lines: readonly string[],
  { send, isWell, isEnding }: Inquiry,
): Promise<Map<string, Refusal>> => {
  const suspects = new Map<string, Refusal>();
  let requests = 0;
  let vain = 0;
  let isOver = false;
  const sendSome = async (part: readonly string[]): Promise<Delivery | undefined> => {
    isOver ||= isEnding() || requests === maxRequests || suspects.size === maxSuspects;
    if (!isOver && vain === maxVain) {
      // Perhaps the service has become unavailable meanwhile.
      isOver = !(await isWell());
      vain = 0;
    }
    if (isOver) return undefined;
    requests += 1;
    const delivery = await send(part);
    vain = delivery.left.length < part.length ? 0 : vain + 1;
    return delivery;
  };
  const search = async (part: readonly string[]): Promise<void> => {
    const delivery = await sendSome(part);
    if (!delivery || delivery.left.length === 0) return;
    const left = delivery.left.map(index => part[index]!);
    const blame = delivery.problem?.blame;
    if (part.length === 1) {
      if (blame) suspects.set(part[0]!, blame);
      return;
    }
    const half = Math.ceil(left.length / 2);
    await search(left.slice(0, half));
    if (half < left.length) await search(left.slice(half));
  };

  // One random event: if it is stored, the service works, and the event had to be sent in any case.
  const probe = lines.length > 1 ? lines[Math.floor(Math.random() * lines.length)]! : undefined;
  const probed = probe === undefined ? undefined : await sendSome([probe]);
  const isProbeSettled = probed?.left.length === 0;
  if (!isProbeSettled && !(await isWell())) return new Map();
  await search(isProbeSettled ? lines.filter(line => line !== probe) : lines);

  for (let trial = 0; trial < trials && suspects.size > 0; trial++) {
    if (isEnding() || !(await isWell())) return new Map();
    for (const line of [...suspects.keys()]) {
      const { left, problem } = await send([line]);
      if (left.length === 1 && problem?.blame) suspects.set(line, problem.blame);
      else suspects.delete(line);
    }
  }
  return suspects.size > 0 && (await isWell()) ? suspects : new Map();
};
