/**
 * The CDK app. cdk-nag's AwsSolutions pack checks all of it; a finding that is not acknowledged ends the
 * command with an error. The synthesis is left to CDK, because an app that calls it itself exits with 0
 * despite findings. What the operator can fix, a setting or a catalogue, is reported as a sentence without a
 * stack trace.
 */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { CatalogueError } from '#catalogue/build/folder.ts';
import { chooseCatalogue } from '#catalogue/choice.ts';
import { readSettings, SettingsError } from './settings.ts';
import { AnnalsStack } from './stack.ts';

const app = new App();
try {
  const settings = readSettings(app.node.getAllContext() as Record<string, unknown>);
  const { modules } = await chooseCatalogue(settings);
  new AnnalsStack(app, settings, modules);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof CatalogueError)) throw error;
  process.stderr.write(`${error.message}\n`);
  // At once, so that CDK does not synthesize an app without its stack.
  process.exit(1);
}
