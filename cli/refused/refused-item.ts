/** A refused item, as the operator's routes list it. */
export type RefusedItem = {
  key: string;
  sha256: string;
  code: string;
  path: string | null;
  sender: string;
  scope_id: string | null;
  occurred_at: string | null;
  received_at: string | null;
  filed_at: string;
  bytes: number;
  parts: number;
  repeats: number;
  kept: 'whole' | 'incomplete' | 'too_large' | 'deleted';
  end: { how: string; at: string; by: string; reason: string | null } | null;
};
