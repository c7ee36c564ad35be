/**
 * The CDK app. cdk-nag's AwsSolutions pack checks all of it; a finding that is not acknowledged ends the
 * command with an error. The synthesis is left to CDK, because an app that calls it itself exits with 0
 * despite findings. What the operator can fix, a setting or a catalogue, is reported as a sentence without a
 * stack trace.
 */
import { Annotations, App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { CatalogueError } from '#catalogue/build/folder.ts';
import { faultsOfUpdate, readDeployedStack } from './deployed-settings.ts';
import { faultOfRegion } from './region.ts';
import { type GivenSettings, givenSettings, readSettings, SettingsError } from './settings.ts';
import { AnnalsStack } from './stack.ts';

/** Builds the page if its sources have changed. */
const buildPage = async (): Promise<void> => {
  await (await import('#tools/build-page.ts')).buildPage();
};

const app = new App();
try {
  const context = app.node.getAllContext() as Record<string, unknown>;
  const settings = readSettings(context);
  const fault = faultOfRegion(process.env.CDK_DEFAULT_REGION);
  if (fault !== undefined) throw new SettingsError([fault]);
  const deployed = await readDeployedStack(settings.stackName, process.env);
  if (settings.pageClientId !== undefined) await buildPage();
  const stack = await AnnalsStack.create(app, settings.stackName, {
    // As they were given, since the output `Settings` says so; they are known to be valid.
    ...(givenSettings(context) as GivenSettings),
    // Not on the first deploy: CDK repeats one that failed by deleting the stack first.
    terminationProtection: deployed !== undefined,
  });
  // As errors of the stack, which end a deploy, and let `cdk destroy` do its work.
  if (deployed !== undefined && deployed !== 'unknown')
    for (const fault of faultsOfUpdate(deployed, context, settings)) Annotations.of(stack).addError(fault);
  if (settings.operatorRoles.length === 0 && settings.supportRoles.length === 0)
    Annotations.of(stack).addWarningV2(
      'annals:noRoles',
      'Nobody can use this installation: set annals:operatorRoles and annals:supportRoles',
    );
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof CatalogueError)) throw error;
  process.stderr.write(`${error.message}\n`);
  // At once, so that CDK does not synthesize an app without its stack.
  process.exit(1);
}
