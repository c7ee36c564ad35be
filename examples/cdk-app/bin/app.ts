/**
 * An app of a company's own with Annals in it: the audit log is one stack, and the shop, whose checkout records events,
 * is another. `npm install` with the tarball of Annals beside package.json, then `npx cdk synth`, or `npx cdk deploy
 * --all`.
 */
import { AnnalsStack } from 'annals/cdk';
import { App } from 'aws-cdk-lib';
import { ShopStack } from '../lib/shop-stack.ts';

const app = new App();
const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION };

const annals = new AnnalsStack(app, 'Annals', {
  env,
  operatorRoles: ['arn:aws:iam::111122223333:role/Operator'],
  supportRoles: ['arn:aws:iam::111122223333:role/Support'],
  catalogueWith: ['none'],
  // CDK repeats a first deploy that failed by deleting its stack: protect it once it is there.
  terminationProtection: app.node.tryGetContext('protect') !== 'false',
});

new ShopStack(app, 'Shop', { env, annals });
