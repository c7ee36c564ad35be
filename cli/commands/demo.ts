/**
 * `annals demo`: the main job once, from nothing to a CSV. It ends with 0 only if the CSV holds exactly what it
 * should, which it tells from the lines that were sent and from the server's answers.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type Connection, connect } from '#cli/connection.ts';
import { demoRequests, demoScope } from '#cli/demo/demo-events.ts';
import { openDestination } from '#cli/export/destination.ts';
import { downloadExport, type Job, runExport } from '#cli/export/follow-export.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson, say } from '#cli/output.ts';
import { type Progress, progress } from '#cli/progress.ts';
import { openEventFile } from '#cli/send/event-file.ts';
import { withIdentity } from '#cli/send/event-identity.ts';
import { withoutMark } from '#cli/send/event-lines.ts';
import { inRequests, postAll } from '#cli/send/post-events.ts';
import { renderTable } from '#cli/table.ts';
import { paint, visible } from '#cli/terminal.ts';
import { startInstallation } from '#embedded/installation.ts';
import { grant } from './admin.ts';

export type DemoOptions = { events?: string; scope?: string; out?: string; json: boolean };

/** What the CSV must hold: of each event, by its key, the JSON text of its payload. */
type Expected = {
  rows: Map<string, string>;
  copies: number;
  accepted: number;
  refused: number;
  refusals: Record<string, number>;
};

const nothingSent = (): Expected => ({ rows: new Map(), copies: 0, accepted: 0, refused: 0, refusals: {} });

/** The admin who asks for the log, and what the log says of that. */
const requester = 'u-0';
const expectedSelfAudit = ['audit_log.admin.grant', 'audit_log.export.request'];

const keyOf = ({ id, occurred_at }: { id: string; occurred_at: string }): string => `${occurred_at} ${id}`;

export const demo = async (options: DemoOptions): Promise<void> => {
  if (options.events !== undefined && options.scope === undefined)
    throw new Failure(2, 'With --events give the scope to export too, as --scope acme');
  const scope = options.scope ?? demoScope;
  const bar = progress(options.json);
  const kept = options.out === undefined ? undefined : await openDestination(options.out);
  const directory = await mkdtemp(join(tmpdir(), 'annals-demo-'));
  const out = join(directory, 'audit-log.csv');
  const data = join(directory, 'data');
  const startedAt = performance.now();
  try {
    const lines = options.events === undefined ? undefined : await readLines(options.events);
    bar.say(`Starting the pipeline in ${data}`);
    const installation = await startInstallation({
      data,
      catalogueWith: ['circleci'],
      eventSource: { windowMs: 50 },
      log: quietLog(options.json),
    });
    let job: Job;
    let expected: Expected;
    try {
      const { url, keys } = installation;
      const emitter = await connect({ url, token: keys.emitter, json: true }, 'emitter');
      const support = await connect({ url, token: keys.support, json: true }, 'support');
      const operator = await connect({ url, token: keys.operator, json: true }, 'operator');
      await grant(operator, scope, requester);
      expected = lines ? await sendLines(emitter, lines, scope, bar) : await sendDemo(emitter, bar);
      job = await runExport(support, { scope_id: scope, requested_by: requester, reason: 'demo' }, bar);
      const csv = await openDestination(out);
      await downloadExport(support, job, csv, bar);
      await csv.finish();
    } finally {
      await installation.stop();
    }
    const csv = await readFile(out);
    const differences = compare(expected, job, parseRows(csv));
    bar.clear();
    await kept?.write(csv);
    await kept?.finish();
    const name = options.out ?? out;
    await report(options.json, expected, job, name, (performance.now() - startedAt) / 1000);
    if (differences.length > 0)
      throw new Failure(1, `The CSV is not what it should be: ${differences.slice(0, 5).join('; ')}`);
    if (!options.json)
      await print(`${paint('green', 'The CSV holds exactly what it should')}: ${visible(name)}`);
  } finally {
    bar.clear();
    await kept?.discard();
    await rm(data, { recursive: true, force: true });
    if (options.out !== undefined) await rm(directory, { recursive: true, force: true });
  }
};

const quietLog = (isQuiet: boolean) => (level: string, message: string) => {
  if (!isQuiet && level === 'error') say(visible(message));
};

/** The events of a file; what no request can hold is left out, as the service would refuse it. */
const readLines = async (path: string): Promise<Buffer[]> => {
  const lines: Buffer[] = [];
  for await (const { bytes } of (await openEventFile(path)).lines) if (bytes) lines.push(bytes);
  return lines;
};

/** Sends the demo's events; what becomes of each line is written beside it. */
const sendDemo = async (emitter: Connection, bar: Progress): Promise<Expected> => {
  const expected = nothingSent();
  for (const request of demoRequests(Date.now())) {
    bar.say(`Sending ${request.length} events`);
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
          `Line ${index + 1} was ${refused.has(index) ? 'refused' : 'accepted'}, and should not have been`,
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

/** Sends lines of any origin; what has been accepted for the scope is to be in the CSV once. */
const sendLines = async (
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

const parseRows = (csv: Buffer): Row[] => parse(csv, { columns: true }) as Row[];

const compare = (expected: Expected, job: Job, all: readonly Row[]): string[] => {
  const differences: string[] = [];
  const seen = new Set<string>();
  const own = all.filter(({ action }) => action.startsWith('audit_log.')).map(({ action }) => action);
  const rows = all.filter(({ action }) => !action.startsWith('audit_log.'));
  if (JSON.stringify(own.sort()) !== JSON.stringify(expectedSelfAudit))
    differences.push(`the log says of itself ${own.join(', ')}`);
  for (const row of rows) {
    const key = keyOf(row);
    const payload = expected.rows.get(key);
    if (payload === undefined) differences.push(`${key} should not be there`);
    else if (payload !== row.payload && JSON.stringify(JSON.parse(row.payload)) !== payload)
      differences.push(`${key} has another payload`);
    if (seen.has(key)) differences.push(`${key} is there twice`);
    seen.add(key);
  }
  for (const key of expected.rows.keys()) if (!seen.has(key)) differences.push(`${key} is missing`);
  if (job.rows !== expected.rows.size + expectedSelfAudit.length)
    differences.push(
      `${expected.rows.size + expectedSelfAudit.length} rows were expected, the job says ${job.rows}`,
    );
  if (job.duplicates !== expected.copies)
    differences.push(`${expected.copies} copies were expected, the job says ${job.duplicates}`);
  return differences;
};

const report = async (
  isJson: boolean,
  { accepted, refused, refusals }: Expected,
  job: Job,
  out: string,
  seconds: number,
): Promise<void> => {
  const rows = job.rows! - expectedSelfAudit.length;
  const { duplicates, conflicts, reused_ids } = job;
  if (isJson)
    return printJson({ accepted, refused, rows, duplicates, conflicts, reused_ids, refusals, seconds, out });
  const summary = {
    accepted,
    refused,
    rows,
    'of Annals itself': expectedSelfAudit.length,
    'duplicates dropped': duplicates!,
    conflicts: conflicts!,
    'reused ids': reused_ids!,
    seconds: seconds.toFixed(1),
  };
  await print(renderTable([summary]));
  const codes = Object.entries(refusals).map(([refusal, events]) => ({ refusal, events }));
  if (codes.length > 0) await print(`\n${renderTable(codes)}\n`);
};
