import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { program } from '#cli/program.ts';
import { findingKinds, noteKinds } from '#domain/archive/ledger-report.ts';
import { refusalCodes } from '#domain/event/refusal.ts';
import { warningCodes } from '#domain/event/warning.ts';
import {
  type ExportEvent,
  type ExportJob,
  type ExportStatus,
  evolve,
  exportStatuses,
} from '#domain/export/job.ts';
import { problems } from '#domain/http/problem.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
/** The anchors that GitHub gives the headings of a page. */
const anchorsOf = (file: string): string[] =>
  [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => join('docs', name)),
];

describe('the docs', () => {
  it('list every code of a refusal, with its meaning, and no other', () => {
    const [events] = read('docs/refusals.md').split('Answers to a request as a whole') as [string];
    const listed = Object.fromEntries(
      [...events.matchAll(/^\| `(\w+)`\s*\| (.*?)\s*\|$/gm)].map(([, code, meaning]) => [code, meaning]),
    );
    expect(listed).toEqual(refusalCodes);
  });

  it('list every code of a warning, with its meaning, and no other', () => {
    const [, warnings] = read('docs/refusals.md').split('\n## Warnings\n') as [string, string];
    const listed = [...warnings.matchAll(/^\| `(\w+)` \| (.*?) \|$/gm)].map(([, code, meaning]) => [
      code,
      meaning,
    ]);
    expect(Object.fromEntries(listed)).toEqual(warningCodes);
  });

  it('list every code of a problem, with its status and its meaning, and no other', () => {
    const [, section] = read('docs/refusals.md').split('Answers to a request as a whole') as [string, string];
    const listed = [...section.matchAll(/^\| (\d+) \| `(\w+)` \| (.*?) \|$/gm)];
    expect(
      Object.fromEntries(listed.map(([, status, code, meaning]) => [code, [Number(status), meaning]])),
    ).toEqual(
      Object.fromEntries(
        Object.entries(problems).map(([code, { status, meaning }]) => [code, [status, meaning]]),
      ),
    );
    expect(listed).toHaveLength(Object.keys(problems).length);
  });

  it('draw the states of an export job as the code has them', () => {
    const [, diagram] = /stateDiagram-v2\n([\s\S]*?)```/.exec(read('docs/architecture.md'))!;
    const drawn = [...diagram!.matchAll(/^ {2}(\w+) --> (\w+)(?:: (\w+))?$/gm)].map(
      ([, from, to, event]) => `${from} ${event ?? to}`,
    );
    const statuses = [...new Set(drawn.flatMap(arrow => arrow.split(' ')))].filter(
      name => name !== 'retried',
    );
    // The docs name the statuses as the API does.
    const statusOf = (word: string) =>
      (Object.keys(exportStatuses) as ExportStatus[]).find(status => exportStatuses[status] === word);
    const canFollow = (word: string, type: string): boolean => {
      const job = {
        status: statusOf(word),
        times: {},
        queryExecutionIds: [],
      } as unknown as ExportJob;
      try {
        return evolve(job, { type } as ExportEvent) !== undefined;
      } catch {
        return false;
      }
    };
    const possible = statuses.flatMap(from =>
      [...statuses, 'retried'].filter(type => canFollow(from, type)).map(type => `${from} ${type}`),
    );
    expect(drawn.sort()).toEqual(possible.sort());
    expect(statuses).toHaveLength(8);
  });

  it('say of every finding of the check what to do, and name every note', () => {
    const [, section] = read('docs/runbook.md').split('### Checking the ledger') as [string, string];
    const listed = [...section.split('\n## ')[0]!.matchAll(/^\| `(\w+)`/gm)].map(([, kind]) => kind);
    expect(listed.sort()).toEqual(Object.keys(findingKinds).sort());
    for (const kind of Object.keys(noteKinds)) expect(section).toContain(`\`${kind}\``);
  });

  it.each(pages)('link in %s only to existing files and headings', page => {
    for (const [, target, heading] of read(page).matchAll(/\]\(([^)#]*)(?:#([^)]+))?\)/g)) {
      if (target!.startsWith('http')) continue;
      const file = target ? join(dirname(page), target) : page;
      expect(existsSync(join(root, file)), target).toBe(true);
      if (heading && file.endsWith('.md')) expect(anchorsOf(file), `${target}#${heading}`).toContain(heading);
    }
  });

  it('quote in the runbook only messages that the code writes', () => {
    // Those of Athena's are not ours.
    const athena = ['Query exhausted resources', 'Bytes scanned limit was exceeded'];
    const quoted = [...read('docs/runbook.md').matchAll(/`([A-Z][a-z]*(?: [^`]+){2,}|was [^`]+)`/g)]
      .map(([, message]) => message!)
      .filter(message => !athena.includes(message));
    const code = ['domain', 'aws', 'functions', 'embedded'].flatMap(folder =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.ts'))
        .map(name => read(join(folder, name))),
    );
    for (const message of quoted)
      for (const part of message.split(/…|\bN\b/).map(text => text.trim()))
        expect(
          code.some(text => text.includes(part)),
          `${message}: ${part}`,
        ).toBe(true);
    expect(quoted.length).toBeGreaterThan(8);
  });

  it('have each flag and each variable of annals start in the settings of the README, side by side', () => {
    const [, settings] = read('README.md').split('\n## Settings\n') as [string, string];
    const rows = settings.split('\n## ')[0]!.split('\n');
    const start = program.commands.find(command => command.name() === 'start')!;
    expect(start.options.length).toBeGreaterThan(12);
    for (const { long, description } of start.options) {
      const [variable] = /ANNALS_[A-Z_]+/.exec(description) ?? [];
      const names = [long!, ...(variable ? [variable] : [])].map(name => `\`${name}\``);
      expect(
        rows.filter(row => names.every(name => row.includes(name))),
        long,
      ).toHaveLength(1);
    }
  });

  it('have a flag of annals start for each variable that it reads, but for secrets', () => {
    const start = program.commands.find(command => command.name() === 'start')!;
    const described = start.options.map(({ description }) => description).join('\n');
    const variables = ['cli/start/settings.ts', 'cli/start/webhook.ts'].flatMap(
      file => read(file).match(/ANNALS_[A-Z_]+/g)!,
    );
    expect(new Set(variables).size).toBeGreaterThan(12);
    for (const variable of variables.filter(name => name !== 'ANNALS_WEBHOOK_SECRET'))
      expect(described).toContain(variable);
    expect(read('README.md')).toContain('`ANNALS_WEBHOOK_SECRET`');
  });

  it('have the operator grant an admin before support exports, in every first use', () => {
    for (const page of ['README.md', 'docs/deploy.md', 'docs/support.md']) {
      const lines = [...read(page).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, fence]) =>
        fence!.split('\n'),
      );
      const grant = lines.findIndex(line => line.includes('admin grant --scope acme --user u-17'));
      const exported = lines.findIndex(line =>
        /annals -- .*export --scope acme --requested-by u-17/.test(line),
      );
      expect([page, grant >= 0 && grant < exported]).toEqual([page, true]);
    }
  });

  it('name only existing files and folders', () => {
    const folders = 'domain aws functions lib embedded client catalogue cli test tools bench examples docs';
    const path = new RegExp(`\`((?:${folders.replaceAll(' ', '|')})/[\\w./-]*)\``, 'g');
    // Lambda's prefix in a bucket reads like a folder of ours.
    for (const page of pages)
      for (const [, named] of read(page).matchAll(path))
        expect(existsSync(join(root, named!)) || named === 'aws/lambda/', `${page}: ${named}`).toBe(true);
    expect(read('CONTRIBUTING.md').match(path)!.length).toBeGreaterThan(50);
  });

  it('name only scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const page of pages)
      for (const [, script] of read(page).matchAll(/npm run ([a-z]+(?::[a-z]+)?)/g))
        expect(Object.keys(scripts), `${page}: ${script}`).toContain(script);
  });
});
