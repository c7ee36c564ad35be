import { expect, it } from 'vitest';
import { flat, list, type Statement, synthesize } from './synth.ts';

const { ofType } = await synthesize();

/** What the role of a function may do, as pairs of an action and a resource. */
const allowed = (name: string): string[] => {
  const [, { Properties }] = ofType('AWS::IAM::Role').find(([id]) => id.startsWith(`${name}Function`))!;
  const policies = Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[];
  return policies
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) =>
      list(Action).flatMap(action => list(Resource).map(resource => `${action} ${flat(resource)}`)),
    )
    .map(text => text.replace(/<Storage(\w+?)[0-9A-F]{8}\.Arn>/, '$1'));
};

it.each(['Browse', 'Deliver', 'Manage'])('lets %s read the ledger, its segments and its gaps', name => {
  expect(allowed(name)).toEqual(
    expect.arrayContaining([
      's3:ListBucket Ledger',
      's3:ListBucket Views',
      's3:ListBucket State',
      's3:ListBucket Aside',
      's3:GetObject Ledger/events/*',
      's3:GetObject Views/segments/*',
      's3:GetObject Views/recent/*',
      's3:GetObject Aside/aws/lambda/*',
      's3:GetObject State/compact/*',
      's3:GetObject State/watermark/*',
      's3:GetObject State/gaps/*',
      's3:GetObject State/aws/lambda/*',
      's3:GetObject State/installation.json',
    ]),
  );
});
