/**
 * Starts an installation in a temporary directory, sends events to it, exports them, and checks that the CSV is exactly
 * right.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { grant } from '#cli/commands/admin.ts';
import { connect } from '#cli/connection.ts';
import { openDestination } from '#cli/export/destination.ts';
import { downloadExport, type Job, runExport } from '#cli/export/follow-export.ts';
import { Failure } from '#cli/failure.ts';
import { printJson, printText, say } from '#cli/output.ts';
import { type Progress, progress } from '#cli/progress.ts';
import { openEventFile } from '#cli/send/event-file.ts';
import { renderTable } from '#cli/table.ts';
import { paint, visible } from '#cli/terminal.ts';
import { type Installation, startInstallation } from '#embedded/installation.ts';
import { demoScope } from './demo-events.ts';
import { differencesOf, type Expected, expectedSelfAudit, sendDemo, sendLines } from './expected-rows.ts';

type DemoOptions = { events?: string; scope?: string; out?: string; json: boolean };

/** The admin who requests the log. */
const requester = 'u-0';

export const runDemo = async (options: DemoOptions): Promise<void> => {
  const scope = options.scope ?? demoScope;
  const bar = progress(options.json);
  const kept = options.out === undefined ? undefined : await openDestination(options.out);
  const directory = await mkdtemp(join(tmpdir(), 'annals-demo-'));
  const out = join(directory, 'audit-log.csv');
  const data = join(directory, 'data');
  const startedAt = performance.now();
  try {
    const lines = options.events === undefined ? undefined : await readLines(options.events);
    bar.say(`Starting an installation in ${data}`);
    const installation = await startInstallation({
      data,
      catalogueWith: ['circleci'],
      eventSource: { windowMs: 50 },
      log: quietLog(options.json),
    });
    const { expected, job } = await sendAndExport(installation, { lines, scope, out, bar }).finally(() =>
      installation.stop(),
    );
    const csv = await readFile(out);
    const differences = differencesOf(expected, job, csv);
    bar.clear();
    await kept?.write(csv);
    await kept?.finish();
    const name = options.out ?? out;
    const seconds = (performance.now() - startedAt) / 1000;
    await report(options, { expected, job, name, seconds });
    if (differences.length > 0)
      throw new Failure(1, `The CSV is wrong: ${differences.slice(0, 5).join('; ')}`);
    if (!options.json) await printText(`${paint('green', 'The CSV is exactly right')}: ${visible(name)}`);
  } finally {
    bar.clear();
    await kept?.discard();
    await rm(data, { recursive: true, force: true });
    if (options.out !== undefined) await rm(directory, { recursive: true, force: true });
  }
};

type Run = { lines: readonly Buffer[] | undefined; scope: string; out: string; bar: Progress };

const sendAndExport = async (
  { url, keys }: Installation,
  { lines, scope, out, bar }: Run,
): Promise<{ expected: Expected; job: Job }> => {
  const emitter = await connect({ url, token: keys.emitter, json: true }, 'emitter');
  const support = await connect({ url, token: keys.support, json: true }, 'support');
  const operator = await connect({ url, token: keys.operator, json: true }, 'operator');
  await grant(operator, scope, requester);
  const expected = lines ? await sendLines(emitter, lines, scope, bar) : await sendDemo(emitter, bar);
  const request = { scope_id: scope, requested_by: requester, reason: 'demo' };
  const job = await runExport(support, request, bar);
  const csv = await openDestination(out);
  await downloadExport(support, job, csv, bar);
  await csv.finish();
  return { expected, job };
};

const quietLog = (isQuiet: boolean) => (level: string, message: string) => {
  if (!isQuiet && level === 'error') say(visible(message));
};

/** The events of a file; lines larger than a request are left out, since the service would refuse them. */
const readLines = async (path: string): Promise<Buffer[]> => {
  const lines: Buffer[] = [];
  for await (const { bytes } of (await openEventFile(path)).lines) if (bytes) lines.push(bytes);
  return lines;
};

type Outcome = { expected: Expected; job: Job; name: string; seconds: number };

const report = async (
  options: DemoOptions,
  { expected: { accepted, refused, refusals }, job, name, seconds }: Outcome,
): Promise<void> => {
  const rows = job.rows! - expectedSelfAudit.length;
  const { duplicates, conflicts, reused_ids } = job;
  if (options.json) {
    const counts = { accepted, refused, rows, duplicates, conflicts, reused_ids };
    return printJson({ ...counts, refusals, seconds, out: name });
  }
  const summary = {
    accepted,
    refused,
    rows,
    'audit rows': expectedSelfAudit.length,
    'duplicates dropped': duplicates!,
    conflicts: conflicts!,
    'reused ids': reused_ids!,
    seconds: seconds.toFixed(1),
  };
  await printText(renderTable([summary]));
  const codes = Object.entries(refusals).map(([refusal, events]) => ({ refusal, events }));
  if (codes.length > 0) await printText(`\n${renderTable(codes)}\n`);
};
