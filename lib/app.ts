/**
 * The CDK app. cdk-nag's AwsSolutions pack looks at all of it, and a finding that is not acknowledged ends the command
 * with an error. The synthesis is left to CDK: an app that calls it itself exits with 0 in spite of findings.
 */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readSettings } from './settings.ts';
import { AnnalsStack } from './stack.ts';

const app = new App();
new AnnalsStack(app, readSettings(app.node.getAllContext() as Record<string, unknown>));
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
