import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { selfAuditActions } from '#domain/access/self-audit-event.ts';
import { annals as run } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { seedActions } from '#test/support/seed-actions.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const annals = (...args: string[]) => run(args);

/** How many actions Annals always knows, and how many are in its set. */
const own = selfAuditActions.length;
const examples = seedActions.length;

/** What is written over the texts of a new action's file. */
const described: [string, string][] = [
  ['What happened, in one sentence.', 'Money was paid back.'],
  ['At which moment it is recorded, and whether a failed attempt is too.', 'When the refund is booked.'],
  ['What this member holds. Never a secret.', 'What the refund is called.'],
];

/** A catalogue with one action of its own. */
const company = async (action = 'order.refund', texts = described) => {
  const folder = join(await temporaryDirectory(), 'audit-events');
  const added = await annals('catalogue', 'add', action, '--catalogue', folder, '--owner', 'payments');
  expect(added).toMatchObject({ code: 0 });
  const file = join(folder, 'actions', `${action}.ts`);
  let started = await readFile(file, 'utf8');
  for (const [from, to] of texts) started = started.replace(from, to);
  await writeFile(file, started);
  const build = (...options: string[]) => annals('catalogue', 'build', '--catalogue', folder, ...options);
  const edit = async (from: string, to: string): Promise<void> => {
    const text = await readFile(file, 'utf8');
    expect(text).toContain(from);
    await writeFile(file, text.replace(from, to));
  };
  return {
    folder,
    file,
    build,
    edit,
    text: (name: string) => readFile(join(folder, 'generated', name), 'utf8'),
  };
};

/** The end of the first version as the command starts it, and a second one with an upcaster. */
const withSecondVersion = `example: { name: 'deploy' },
    },
    2: {
      since: '2026-12-01',
      schema: { type: 'object', properties: { label: { type: 'string', description: 'What it is called.' } } },
      example: { label: 'deploy' },
      upcast: ({ name, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, label: name }),
    },`;

describe('annals catalogue', () => {
  it('starts an action in one file, and makes all that follows from it by one command', async () => {
    const { build, text } = await company();
    expect(await build()).toMatchObject({
      code: 0,
      out: expect.stringContaining('released order.refund, version 1'),
    });
    expect(await text('events.ts')).toContain(
      '"order.refund": { target: "order"; payloads: { 1: OrderRefundV1 } }',
    );
    expect(await text('events.ts')).not.toContain('"context.create"');
    expect(await text('events.md')).toContain('### order.refund');
    expect(JSON.parse(await text('released.json'))).toMatchObject({
      'order.refund': { 1: { type: 'object' } },
    });
    expect(await build('--check')).toMatchObject({ code: 0 });
    const listed = await annals('catalogue', 'list', '--json');
    expect(JSON.parse(listed.out)).toHaveLength(own + examples);
  });

  it('fails a check if generated files are out of date, and writes nothing', async () => {
    const { build, edit, text } = await company();
    await build();
    await edit('Money was paid back.', 'Money was paid back, in part or whole.');
    const before = await text('events.md');
    expect(await build('--check')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/events\.ts.*events\.md.*run the build without --check/),
    });
    expect(await text('events.md')).toBe(before);
  });

  it('refuses a change that breaks stored events, and accepts it as a new version', async () => {
    const { build, edit } = await company();
    await build();
    const first = "name: { type: 'string', description: 'What the refund is called.' },";
    await edit(first, first.replace('name:', 'label:'));
    await edit("{ name: 'deploy' }", "{ label: 'deploy' }");
    for (const options of [[], ['--check']])
      expect(await build(...options)).toMatchObject({
        code: 1,
        err: expect.stringMatching(/order\.refund, version 1: \/name: it was removed.*declare version 2/),
      });
    await edit(first.replace('name:', 'label:'), first);
    await edit("example: { label: 'deploy' },\n    },", withSecondVersion);
    expect(await build()).toMatchObject({
      code: 0,
      out: expect.stringContaining('order.refund, version 2'),
    });
  });

  it('shows old events in the current form, beside what was stored', async () => {
    const { folder, edit } = await company();
    await edit("example: { name: 'deploy' },\n    },", withSecondVersion);
    const lines = [
      '{"action":"order.refund","payload":{"name":1.10}}',
      // A row of the ledger: nested fields are strings that hold JSON.
      JSON.stringify({ action: 'order.refund', version: 1, payload: '{"name":"x"}' }),
      '{"action":"order.refund","version":2,"payload":{"label":"y"}}',
      '{"action":"some.thing","payload":{}}',
    ];
    const file = join(folder, 'events.ndjson');
    await writeFile(file, `${lines.join('\n')}\n\n`);
    const { code, out: stdout } = await annals('catalogue', 'current', file, '--catalogue', folder);
    expect(code).toBe(0);
    const shown = stdout.trimEnd().split('\n');
    expect(shown[0]).toBe(`${lines[0]!.slice(0, -1)},"current":{"version":2,"payload":{"label":1.1}}}`);
    expect(JSON.parse(shown[1]!)).toMatchObject({
      payload: '{"name":"x"}',
      current: { payload: { label: 'x' } },
    });
    expect(shown.slice(2)).toEqual(lines.slice(2));
    await writeFile(file, `${lines[0]}\n[]\n`);
    expect(await annals('catalogue', 'current', file, '--catalogue', folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Line 2 is not an event'),
    });
  });

  it.each([
    [['add', 'Refund', '--catalogue', 'x'], 2, '"Refund" is not a valid action name'],
    [['add', 'audit_log.x', '--catalogue', 'x'], 2, 'reserved for Annals'],
    [['add', 'order.refund'], 2, '--catalogue'],
    [['build'], 2, '--catalogue'],
    [['build', '--catalogue', 'nowhere-at-all'], 1, 'neither a folder nor a package'],
    [['list', '--catalogue', 'test'], 1, 'is not there'],
    [['current', 'no-such-file'], 2, 'cannot be read'],
    [['list', '--with', 'circle'], 2, '--with is "circle". Expected names of sets (circleci)'],
    [['list', '--with', 'none,circleci'], 2, 'Expected names of sets (circleci)'],
  ])('says of %j what is wrong', async (args, code, message) => {
    expect(await annals('catalogue', ...args)).toMatchObject({
      code,
      err: expect.stringContaining(message),
    });
  });

  it('never writes over an action, and wants file and action to bear one name', async () => {
    const { folder, file, build } = await company();
    expect(await annals('catalogue', 'add', 'order.refund', '--catalogue', folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('exists already'),
    });
    await writeFile(join(folder, 'actions', 'order.pay.ts'), await readFile(file));
    await writeFile(join(folder, 'actions', 'order.empty.ts'), 'export const nothing = 1;');
    expect(await build()).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /order\.empty\.ts: It exports no "action"[\s\S]*order\.pay\.ts: It declares "order\.refund"/,
      ),
    });
  });
});

describe('a catalogue that is broken', () => {
  it('is reported with its place, and what to do', async () => {
    const { folder, file, build } = await company();
    await build();
    const released = join(folder, 'generated', 'released.json');
    await writeFile(released, '<<<<<<< HEAD');
    expect(await build()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/released\.json: It is not JSON.*restore it/),
    });
    await rm(released);
    await writeFile(file, 'export const action = {');
    expect(await build()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/order\.refund\.ts: It cannot be read: /),
    });
  });
});

describe('an action that was started and not described', () => {
  const templates = [
    /order\.refund\.ts: description is that of the template; write what happened/,
    /order\.refund\.ts: emittedWhen is that of the template; write when/,
    /order\.refund\.ts: versions\.1\.schema: \/name has the description of the template; say what it holds/,
  ];

  it('is not released: each text of the template is refused, with its file and what to write', async () => {
    const { folder, build } = await company('order.refund', []);
    const { code, err } = await build();
    expect(code).toBe(1);
    for (const message of templates) expect(err).toMatch(message);
    expect(existsSync(join(folder, 'generated'))).toBe(false);
    expect(await build('--check')).toMatchObject({ code: 1, err });
  });
});

describe('a version that no event was sent of', () => {
  /** Released, and then declared otherwise. */
  const mistaken = async () => {
    const made = await company();
    expect(await made.build()).toMatchObject({ code: 0 });
    await made.edit('name: {', 'label: {');
    await made.edit("{ name: 'deploy' }", "{ label: 'deploy' }");
    return made;
  };

  it('can be withdrawn, if that is said: the refusal of the gate names how', async () => {
    const { build, text } = await mistaken();
    const before = await text('released.json');
    const { code, err } = await build();
    expect(code).toBe(1);
    const [, named] = /If no event of it was ever sent, build with --withdraw (\S+)/.exec(err)!;
    expect(await text('released.json')).toBe(before);
    const withdrawn = await build('--withdraw', named!);
    expect(withdrawn).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /withdrew order\.refund, version 1: .* no schema describes them[\s\S]*released order\.refund, version 1/,
      ),
    });
    expect(JSON.parse(await text('released.json'))['order.refund'][1].properties).toEqual({
      label: { type: 'string', description: 'What the refund is called.' },
    });
    expect(await build('--check')).toMatchObject({ code: 0 });
  });

  it('is not withdrawn by a check, which writes nothing', async () => {
    expect(
      await annals('catalogue', 'build', '--catalogue', 'x', '--check', '--withdraw', 'a.b'),
    ).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--check writes nothing/),
    });
  });
});

describe('docs/catalogue.md', () => {
  it('shows what happens, step by step', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../docs/catalogue.md'), 'utf8');
    const blocks = (language: string) =>
      [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, text]) => text!);
    const { folder, file, build } = await company();
    await writeFile(file, blocks('ts')[0]!);
    expect(await build()).toMatchObject({ code: 0 });
    const { post } = await startServer({ catalogue: folder });
    const sent = /-d '(\{.*\})'/.exec(blocks('sh').find(text => text.includes('curl'))!)![1]!;
    expect((await post(sent)).events).toMatchObject([{ warnings: [JSON.parse(blocks('json')[0]!)] }]);

    // The next version, put beside the first as the page says.
    const text = await readFile(file, 'utf8');
    const versions = text.lastIndexOf('  },\n} satisfies');
    await writeFile(file, text.slice(0, versions) + blocks('ts')[1]! + text.slice(versions));
    expect(await build()).toMatchObject({ code: 0, out: expect.stringContaining('order.refund, version 2') });
    const events = join(folder, 'events.ndjson');
    await writeFile(events, '{"action":"order.refund","payload":{"amount":1250}}\n');
    const { out } = await annals('catalogue', 'current', events, '--catalogue', folder);
    expect(JSON.parse(out)).toMatchObject({ current: { version: 2, payload: { amount: { cents: 1250 } } } });
  });
});

describe('an installation without a catalogue of the company', () => {
  it.each<[string, string[] | undefined, boolean]>([
    ['knows the examples of Annals', undefined, true],
    ['knows those that it chose', ['circleci'], true],
    ['knows none of them if it says so', ['none'], false],
  ])('%s', async (_, catalogueWith, isKnown) => {
    const { post, call } = await startServer({ catalogueWith, catalogueMode: 'strict' });
    expect((await post(eventText())).status).toBe(isKnown ? 202 : 422);
    const { actions } = (await (await call(undefined, '/v1/actions')).json()) as { actions: [] };
    expect(actions).toHaveLength(own + (isKnown ? examples : 0));
    const open = await startServer({ catalogueWith });
    expect(await open.post(eventText())).toMatchObject({
      status: 202,
      events: [isKnown ? expect.not.objectContaining({ catalogued: false }) : { catalogued: false }],
    });
  });
});

describe('an installation with a catalogue of the company', () => {
  it('holds events against it, and lists it', async () => {
    const { folder, build } = await company();
    await build();
    const strict = { catalogueMode: 'strict', strictPayloads: true } as const;
    const { post, call } = await startServer({ catalogue: folder, ...strict });
    const refund = (change: object) => eventText({ action: 'order.refund', ...change });
    expect((await post(refund({ payload: { name: 'x', more: 1 } }))).status).toBe(202);
    expect((await post(refund({ payload: { name: 1 } }))).rejected).toMatchObject([
      { code: 'invalid_payload', path: '/payload/name' },
    ]);
    expect((await post(eventText({ action: 'order.refunt' }))).rejected).toMatchObject([
      { code: 'unknown_action', path: '/action' },
    ]);
    // The examples of Annals are not the company's, unless it chooses them.
    expect((await post(eventText())).rejected).toMatchObject([{ code: 'unknown_action', path: '/action' }]);
    const { actions } = (await (await call(undefined, '/v1/actions')).json()) as {
      actions: { action: string }[];
    };
    expect(actions.map(({ action }) => action)).toContain('order.refund');
    expect(actions).toHaveLength(own + 1);
    const { schemas } = (await (await call(undefined, '/v1/schemas')).json()) as {
      schemas: { action: string }[];
    };
    expect(schemas).toHaveLength(own + 1);
  });

  it('knows the examples that the company chose beside its own', async () => {
    const { folder, build, text } = await company();
    expect(await build('--with', 'circleci')).toMatchObject({ code: 0 });
    expect(await text('events.ts')).toContain('"context.create"');
    expect(await text('events.md')).toMatch(
      /## What Annals records about itself[\s\S]*## The set circleci[\s\S]*## Actions of this catalogue/,
    );
    const listed = async (...options: string[]) =>
      JSON.parse((await annals('catalogue', 'list', '--catalogue', folder, ...options, '--json')).out) as [];
    expect(await listed()).toHaveLength(own + 1);
    expect(await listed('--with', 'circleci')).toHaveLength(own + examples + 1);
    const strict = { catalogueMode: 'strict', catalogueWith: ['circleci'] } as const;
    const { post, call } = await startServer({ catalogue: folder, ...strict });
    for (const event of [eventText(), eventText({ action: 'order.refund' })])
      expect(await post(event)).toMatchObject({ status: 202 });
    const { actions } = (await (await call(undefined, '/v1/actions')).json()) as { actions: [] };
    expect(actions).toHaveLength(own + examples + 1);
  });

  it('may have an action of the name of an example, unless it chose that', async () => {
    const { folder, build } = await company('user.create');
    expect(await build('--with', 'circleci')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/user\.create is declared by .*circleci.*keep one of them/),
    });
    expect(await build()).toMatchObject({ code: 0 });
    await startServer({ catalogue: folder });
    await expect(startServer({ catalogue: folder, catalogueWith: ['circleci'] })).rejects.toThrow(
      /user\.create is declared by the chosen set circleci already/,
    );
  });

  it('may be named as a package', async () => {
    const { folder, build } = await company('ticket.close');
    await build();
    const home = await temporaryDirectory();
    await mkdir(join(home, 'node_modules', '@shop'), { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"name":"@shop/audit-events","version":"1.0.0"}');
    await symlink(folder, join(home, 'node_modules', '@shop', 'audit-events'));
    const { loadCompanyCatalogue } = await import('#catalogue/build/folder.ts');
    const { actions } = await loadCompanyCatalogue('@shop/audit-events', [], home);
    expect(actions.map(({ action }) => action)).toEqual(['ticket.close']);
  });

  it.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    [
      'has not been built',
      folder => rm(join(folder, 'generated'), { recursive: true }),
      /has not been built; run/,
    ],
    [
      'was built before an action was added',
      folder => annals('catalogue', 'add', 'order.pay', '--catalogue', folder),
      /not of the files that are there now/,
    ],
  ])('does not start if that %s', async (_, spoil, message) => {
    const { folder, build } = await company();
    await build();
    await spoil(folder);
    await expect(startServer({ catalogue: folder })).rejects.toThrow(message);
    const { code, err: stderr } = await annals(
      'start',
      '--catalogue',
      folder,
      '--data',
      join(folder, 'data'),
      '--port',
      '0',
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});
