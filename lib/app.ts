/**
 * The CDK app. cdk-nag's AwsSolutions pack looks at all of it, and a finding that is not acknowledged ends the command
 * with an error. The synthesis is left to CDK: an app that calls it itself exits with 0 in spite of findings.
 */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { loadCompanyCatalogue } from '#catalogue/folder.ts';
import { actions } from '#catalogue/generated/actions.ts';
import { readSettings } from './settings.ts';
import { AnnalsStack } from './stack.ts';

const app = new App();
const settings = readSettings(app.node.getAllContext() as Record<string, unknown>);
const { catalogue } = settings;
const company = catalogue === undefined ? undefined : await loadCompanyCatalogue(catalogue, actions);
new AnnalsStack(app, settings, company?.module);
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
