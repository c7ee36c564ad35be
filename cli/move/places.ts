/** The buckets that a move copies from and to. The segments and the results are not carried. */
import type { Objects } from '#aws/objects.ts';

export type MovePlaces = { ledger: Objects; state: Objects; aside: Objects };

/** What stops a move, and what to do; nothing is lost by it. */
export class MoveRefused extends Error {
  override name = 'MoveRefused';
}
