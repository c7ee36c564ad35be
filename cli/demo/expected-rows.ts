/**
 * Sends events and notes what the CSV must contain, from the lines that were sent and the server's responses; then
 * compares that with the CSV.
 */
import { parse } from 'csv-parse/sync';
import type { Connection } from '#cli/connection.ts';
import type { Job } from '#cli/export/follow-export.ts';
import { Failure } from '#cli/failure.ts';
import type { Progress } from '#cli/progress.ts';
import { withIdentity } from '#cli/send/event-identity.ts';
import { withoutMark } from '#cli/send/event-lines.ts';
import { inRequests, postAll } from '#cli/send/post-events.ts';
import { reservedPrefix } from '#domain/event/event.ts';
import { demoRequests } from './demo-events.ts';

/** `rows` has the JSON text of each event's payload, by its key. */
export type Expected = {
  rows: Map<string, string>;
  copies: number;
  accepted: number;
  refused: number;
  refusals: Record<string, number>;
};

const nothingSent = (): Expected => ({ rows: new Map(), copies: 0, accepted: 0, refused: 0, refusals: {} });

/** What the log records about the demo's own requests. */
export const expectedSelfAudit = ['audit_log.admin.grant', 'audit_log.export.request'];

const keyOf = ({ id, occurred_at }: { id: string; occurred_at: string }): string => `${occurred_at} ${id}`;

/** Sends the demo's events, whose expected outcome is part of them. */
export const sendDemo = async (emitter: Connection, bar: Progress): Promise<Expected> => {
  const expected = nothingSent();
  const requests = demoRequests(Date.now());
  bar.say(`Sending ${requests.flat().length} events in ${requests.length} requests`);
  for (const request of requests) {
    const { accepted, rejected } = await postAll(
      emitter,
      request.map(({ text }) => Buffer.from(text)),
    );
    for (const { code } of rejected) expected.refusals[code] = (expected.refusals[code] ?? 0) + 1;
    const refused = new Set(rejected.map(({ index }) => index));
    request.forEach(({ becomes }, index) => {
      if (refused.has(index) !== (becomes === 'refused'))
        throw new Failure(
          1,
          `Line ${index + 1} was ${refused.has(index) ? 'refused' : 'accepted'}, but should not be`,
        );
    });
    for (const event of accepted) {
      const { text, becomes } = request[event.index]!;
      if (becomes === 'copy') expected.copies += 1;
      else expected.rows.set(keyOf(event), /"payload":(\{.*\}),"occurred_at"/.exec(text)![1]!);
    }
    expected.accepted += accepted.length;
    expected.refused += rejected.length;
  }
  return expected;
};

/** Sends any lines; each event accepted for the scope must be in the CSV once. */
export const sendLines = async (
  emitter: Connection,
  lines: readonly Buffer[],
  scope: string,
  bar: Progress,
): Promise<Expected> => {
  const expected = nothingSent();
  const now = new Date().toISOString();
  const identified = lines.map((line, at) => ({ bytes: withIdentity(line, now), number: at + 1 }));
  for await (const request of inRequests(identified)) {
    bar.say(
      `Sending events ${request[0]!.number} to ${request[request.length - 1]!.number} of ${lines.length}`,
    );
    const { accepted, rejected } = await postAll(
      emitter,
      request.map(({ bytes }) => bytes),
    );
    expected.accepted += accepted.length;
    expected.refused += rejected.length;
    for (const { code } of rejected) expected.refusals[code] = (expected.refusals[code] ?? 0) + 1;
    for (const event of accepted) {
      const parsed = JSON.parse(withoutMark(request[event.index]!.bytes).toString()) as {
        scope?: { id: string } | null;
        payload?: unknown;
      };
      if (parsed.scope?.id !== scope) continue;
      if (expected.rows.has(keyOf(event))) expected.copies += 1;
      else expected.rows.set(keyOf(event), JSON.stringify(parsed.payload ?? {}));
    }
  }
  return expected;
};

type Row = { action: string; id: string; occurred_at: string; payload: string };

/** The differences between a CSV and what it must contain; none if it is right. */
export const differencesOf = (expected: Expected, job: Job, csv: Buffer): string[] => {
  const all = parse(csv, { columns: true }) as Row[];
  const differences: string[] = [];
  const seen = new Set<string>();
  const isSelfAudit = ({ action }: Row): boolean => action.startsWith(reservedPrefix);
  const own = all.filter(isSelfAudit).map(({ action }) => action);
  const rows = all.filter(row => !isSelfAudit(row));
  if (JSON.stringify(own.sort()) !== JSON.stringify(expectedSelfAudit))
    differences.push(`the log has the audit events ${own.join(', ')}`);
  for (const row of rows) {
    const key = keyOf(row);
    const payload = expected.rows.get(key);
    if (payload === undefined) differences.push(`${key} is unexpected`);
    else if (payload !== row.payload && JSON.stringify(JSON.parse(row.payload)) !== payload)
      differences.push(`${key} has a different payload`);
    if (seen.has(key)) differences.push(`${key} is duplicated`);
    seen.add(key);
  }
  for (const key of expected.rows.keys()) if (!seen.has(key)) differences.push(`${key} is missing`);
  if (job.rows !== expected.rows.size + expectedSelfAudit.length)
    differences.push(
      `${expected.rows.size + expectedSelfAudit.length} rows expected, but the export has ${job.rows}`,
    );
  if (job.duplicates !== expected.copies)
    differences.push(`${expected.copies} duplicates expected, but the export has ${job.duplicates}`);
  return differences;
};
