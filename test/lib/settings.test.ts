import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Lazy } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { readSettings, settingNames, settingsOf } from '#lib/settings.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { synthesize } from './synth.ts';

const apiCertificate = 'arn:aws:acm:eu-west-1:123456789012:certificate/0123abcd';

describe('the settings', () => {
  it('all have a default', () => {
    expect(readSettings({})).toMatchObject({
      stackName: 'Annals',
      buckets: 32,
      lockMode: 'governance',
      supportRoles: [],
    });
  });

  it('are read from text, as the command line gives them, and from JSON', () => {
    const roles = ['arn:aws:iam::123456789012:role/a', 'arn:aws:iam::123456789012:role/b'];
    expect(
      readSettings({ 'annals:buckets': '64', 'annals:supportRoles': roles.join(', '), other: 1 }),
    ).toMatchObject({ buckets: 64, supportRoles: roles });
    expect(readSettings({ 'annals:deliveryPorts': '8088, 8443' })).toMatchObject({
      deliveryPorts: [8088, 8443],
    });
    expect(
      readSettings({
        'annals:buckets': 64,
        'annals:supportRoles': roles,
        'annals:reserveConcurrency': false,
      }),
    ).toMatchObject({ buckets: 64, supportRoles: roles, reserveConcurrency: false });
  });

  it('report all of their faults together, and the near miss', () => {
    expect(() =>
      readSettings({
        'annals:bucket': '8',
        'annals:lockMode': 'forever',
        'annals:operatorRoles': 'me',
        'annals:logDays': '8',
      }),
    ).toThrow(
      new RegExp(
        [
          'annals:lockMode',
          'annals:logDays: Expected one of',
          'annals:operatorRoles',
          'Expected the ARN of an IAM role',
          'annals:bucket: there is no such setting; did you mean annals:buckets\\?',
        ].join('.*'),
      ),
    );
  });

  it.each([
    [
      'an issuer without an audience',
      { 'annals:jwtIssuer': 'https://login.example.com' },
      'annals:jwtAudience',
    ],
    ['an audience without an issuer', { 'annals:jwtAudience': 'annals' }, 'annals:jwtIssuer'],
    [
      'an issuer without TLS',
      { 'annals:jwtIssuer': 'http://login.example.com', 'annals:jwtAudience': 'a' },
      'annals:jwtIssuer',
    ],
    ['33 buckets', { 'annals:buckets': '33' }, 'annals:buckets'],
    ['shards of a stream on demand', { 'annals:shards': '2' }, 'annals:streamMode=provisioned'],
    [
      'days of a lock without a lock',
      { 'annals:lockDays': '30', 'annals:lockMode': 'none' },
      'annals:lockMode=governance',
    ],
    [
      'the key of a topic that is not given',
      { 'annals:notificationKey': 'arn:aws:kms:eu-west-1:123456789012:key/0123abcd-01' },
      'annals:notificationTopic',
    ],
    [
      'a domain of an API that is not there',
      { 'annals:apiDomain': 'api.example.com', 'annals:apiCertificate': apiCertificate },
      'annals:apiDomain: It does nothing without annals:jwtIssuer',
    ],
    ['a domain of the API without a certificate', { 'annals:apiDomain': 'a.example.com' }, 'apiCertificate'],
    [
      'more emitting roles than a policy holds',
      { 'annals:emitterRoles': Array.from({ length: 21 }, (_, n) => `arn:aws:iam::123456789012:role/r${n}`) },
      'annals:emitterRoles: Expected at most 20 roles',
    ],
    [
      'a port that is not one',
      { 'annals:deliveryPorts': '8088,65536' },
      'annals:deliveryPorts.1: Expected ports from 1 to 65535',
    ],
    ['to forget what is not a setting', { 'annals:forget': 'bucket' }, 'annals:forget'],
    ['to forget the number of buckets', { 'annals:forget': 'buckets' }, 'annals:forget'],
  ])('refuse %s', (_, context, name) => {
    expect(() => readSettings(context)).toThrow(name);
  });

  const role = 'arn:aws:iam::123456789012:role';
  const lambda = 'arn:aws:lambda:eu-west-1:123456789012:function';
  const topic = 'arn:aws:sns:eu-west-1:123456789012';
  const arns: Record<string, { good: string[]; bad: string[] }> = {
    breakGlassRole: {
      good: [`${role}/break-glass`, `${role}/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123abcd`],
      bad: [
        `${role}/*`,
        `${role}/break-glas?`,
        `${role}/team/*`,
        `${role}/*/admin`,
        `${role}/\${aws:PrincipalTag/team}`,
        'arn:aws:iam::*:role/admin',
        'arn:*:iam::123456789012:role/admin',
        '*',
        `${role}/a ${role}/b`,
        `${role}/`,
        'arn:aws:iam::123456789012:user/admin',
        'arn:aws:sts::123456789012:assumed-role/admin/session',
      ],
    },
    directoryFunction: {
      good: [`${lambda}:admins`, `${lambda}:admins:live`, `${lambda}:admins:$LATEST`],
      bad: ['arn:aws:lambda:', `${lambda}:*`, `${lambda}:adm?ns`, `${lambda}:admins:*`, `${lambda}:`],
    },
    alarmTopic: { good: [`${topic}:pager`], bad: ['arn:aws:sns:', `${topic}:*`, `${topic}:pager.fifo`] },
    notificationTopic: { good: [`${topic}:exports`], bad: [`${topic}:exp?rts`, `${topic}:exports.fifo`] },
  };
  const key = 'arn:aws:kms:eu-west-1:123456789012:key';
  arns.notificationKey = {
    good: [`${key}/0123abcd-01ab-23cd-45ef-0123456789ab`],
    bad: [`${key}/*`, 'arn:aws:kms:eu-west-1:123456789012:alias/aws/sns', `${key}/`],
  };
  const certificate = 'arn:aws:acm:us-east-1:123456789012:certificate';
  arns.pageCertificate = {
    good: [`${certificate}/0123abcd-01ab`],
    bad: [`${certificate}/*`, `${certificate}/`, `${certificate.replace('us-east-1', 'eu-west-1')}/0123abcd`],
  };
  const page = {
    'annals:jwtIssuer': 'https://login.example.com',
    'annals:jwtAudience': 'annals,page',
    'annals:pageClientId': 'page',
  };
  arns.supportRoles = arns.operatorRoles = arns.emitterRoles = arns.breakGlassRole!;
  const regional = certificate.replace('us-east-1', 'eu-west-1');
  arns.apiCertificate = { good: [`${regional}/0123abcd-01ab`], bad: [`${regional}/*`, `${regional}/`] };

  it.each(Object.entries(arns))('take for %s the ARN of one thing, and no pattern', (name, { good, bad }) => {
    const needed: Record<string, Record<string, string>> = {
      notificationKey: { 'annals:notificationTopic': `${topic}:exports` },
      pageCertificate: { ...page, 'annals:pageDomain': 'audit.example.com' },
      apiCertificate: { ...page, 'annals:apiDomain': 'api.example.com' },
    };
    const others = needed[name] ?? {};
    for (const arn of good)
      expect(() => readSettings({ ...others, [`annals:${name}`]: arn }), arn).not.toThrow();
    for (const arn of bad)
      expect(() => readSettings({ ...others, [`annals:${name}`]: arn }), arn).toThrow(
        /^The settings .*used: annals:\w+(\.0)?: Expected the ARN of an? .*, whole and without wildcards, got "/,
      );
  });

  it('are every one that takes an ARN: no other may be a pattern in a policy', () => {
    const taking = settingNames.filter(name => /role|topic|function|key|certificate/i.test(name));
    expect(taking.sort()).toEqual(Object.keys(arns).sort());
  });

  it('take as an ARN what stands for the one of a resource of the same app', () => {
    const role = Lazy.string({ produce: () => 'arn:aws:iam::123456789012:role/made-here' });
    expect(settingsOf({ operatorRoles: [role] }).operatorRoles).toEqual([role]);
  });

  it('are named as they were given: as props they have no prefix', () => {
    expect(() => settingsOf({ bucket: 8, lockDays: 30, lockMode: 'none' })).toThrow(
      'used: bucket: there is no such setting; did you mean buckets?',
    );
    expect(() => settingsOf({ shards: 2 })).toThrow(
      'used: shards: It does nothing without streamMode=provisioned',
    );
    expect(settingsOf({ shards: undefined }).shards).toBe(1);
  });

  it.each([
    [
      'a client that is no audience',
      { 'annals:pageClientId': 'other' },
      'pageClientId: Expected one of jwtAudience',
    ],
    [
      'a domain without a certificate',
      { 'annals:pageDomain': 'audit.example.com' },
      'pageCertificate: Expected',
    ],
    [
      'what is not a domain',
      { 'annals:pageDomain': 'https://audit.example.com' },
      'pageDomain: Expected a domain',
    ],
    ['an origin with a path', { 'annals:pageOrigins': 'https://a.example.com/token' }, 'Expected an origin'],
    [
      'an origin that would end the directive',
      { 'annals:pageOrigins': 'https://a; script-src' },
      'an origin',
    ],
    ['an origin without TLS', { 'annals:pageOrigins': 'http://a.example.com' }, 'Expected an origin'],
    ['a scope with a space', { 'annals:pageScopes': 'profile email' }, 'Expected a scope'],
  ])('refuse for the page %s', (_, given, message) => {
    expect(() => readSettings({ ...page, ...given })).toThrow(message);
  });

  it('refuse what the page would need if there is no page', () => {
    for (const name of ['pageScopes', 'pageOrigins', 'pageDomain'])
      expect(() =>
        readSettings({ [`annals:${name}`]: name === 'pageOrigins' ? 'https://a.example.com' : 'a.example' }),
      ).toThrow(name === 'pageDomain' ? 'Expected a certificate' : `${name}: It does nothing without`);
    expect(() => readSettings({ 'annals:pageClientId': 'page' })).toThrow('Expected one of jwtAudience');
  });

  it.each([
    ['a role with a wildcard', { 'annals:breakGlassRole': `${role}/*` }, 'annals:breakGlassRole'],
    ['an unknown setting', { 'annals:bucket': '8' }, 'annals:bucket'],
    ['a catalogue that is not there', { 'annals:catalogue': './no-such-folder' }, 'no-such-folder'],
  ])('end the synthesis with one sentence and no stack trace for %s', async (_, context, named) => {
    const outdir = await temporaryDirectory();
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', 'lib/app.ts'], {
      cwd: join(import.meta.dirname, '../..'),
      env: { PATH: process.env.PATH, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) },
    });
    const failed = await run.then(
      () => undefined,
      error => error as { code: number; stdout: string; stderr: string },
    );
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed!.stderr).toContain(named);
    expect(failed!.stderr).not.toMatch(/^\s+at |node:internal|Error:/m);
    expect(readdirSync(outdir)).toEqual([]);
  });

  it('let a topic of the company’s own be published to with its key, and with no other', async () => {
    const notificationTopic = `${topic}:exports`;
    const notificationKey = `${key}/0123abcd-01ab-23cd-45ef-0123456789ab`;
    const keysOfSns = async (settings: Record<string, string>) =>
      (await synthesize(settings))
        .statementsOf('Finish')
        .filter(({ Condition }) => JSON.stringify(Condition ?? {}).includes('sns.'))
        .map(({ Resource }) => Resource);
    expect(await keysOfSns({ notificationTopic })).toEqual([]);
    expect(await keysOfSns({ notificationTopic, notificationKey })).toEqual([notificationKey]);
  });

  it('are listed in docs/deploy.md, all of them with their defaults, and no others', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/deploy.md'), 'utf8');
    const [, table] = page.split('## Settings') as [string, string];
    const listed = Object.fromEntries(
      [...table.split('\n## ')[0]!.matchAll(/^\| `(\w+)`\s*\| (?:`([^`]*)`)?/gm)].map(([, name, value]) => [
        name,
        value,
      ]),
    );
    const defaults = readSettings({}) as Record<string, unknown>;
    expect(Object.keys(listed).sort()).toEqual([...settingNames].sort());
    for (const [name, value] of Object.entries(listed)) {
      const given = defaults[name!];
      expect(value, name).toBe(
        given === undefined || (Array.isArray(given) && given.length === 0) ? undefined : String(given),
      );
    }
  });

  it('reach the functions that read them', async () => {
    const operatorRoles = 'arn:aws:iam::123456789012:role/operator';
    const directoryFunction = 'arn:aws:lambda:eu-west-1:123456789012:function:admins';
    const { one, statementsOf } = await synthesize({
      operatorRoles,
      directoryFunction,
      scopeClaim: 'org',
      buckets: '64',
      stallSeconds: '120',
    });
    const { Environment } = one('AWS::Lambda::Function', 'Export').Properties as {
      Environment: { Variables: Record<string, string> };
    };
    expect(Environment.Variables).toMatchObject({
      ANNALS_OPERATOR_ROLES: operatorRoles,
      ANNALS_DIRECTORY_FUNCTION: directoryFunction,
      ANNALS_SCOPE_CLAIM: 'org',
      ANNALS_BUCKETS: '64',
      ANNALS_STALL_SECONDS: '120',
    });
    expect(statementsOf('Export')).toContainEqual({
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Resource: directoryFunction,
    });
  });
});
