/** The props of `AnnalsStack`: what CDK takes for any stack, and the settings, which are checked. */
import type { StackProps } from 'aws-cdk-lib';
import { type GivenSettings, type Settings, settingsOf } from './settings.ts';

export type AnnalsStackProps = StackProps &
  GivenSettings & {
    /** Where the page was built, if the settings ask for one; by default where the package has it. */
    pageFolder?: string;
    /** The catalogue that the settings choose, for the bundles of the functions that use it: see `create`. */
    catalogueModules?: Readonly<Record<string, string>>;
  };

/** `stackName` is a setting too. */
const ofCdk: readonly string[] = [
  'analyticsReporting',
  'crossRegionReferences',
  'description',
  'env',
  'notificationArns',
  'permissionsBoundary',
  'propertyInjectors',
  'suppressTemplateIndentation',
  'synthesizer',
  'tags',
  'terminationProtection',
] satisfies (keyof StackProps)[];
const ofOptions: readonly string[] = ['pageFolder', 'catalogueModules'] satisfies (keyof AnnalsStackProps)[];

export type PropParts = {
  stackProps: StackProps;
  /** The settings as they were given, without defaults. */
  given: Record<string, unknown>;
  settings: Settings;
};

/** Separates the two; the stack is named after its id if no name is given. Throws `SettingsError`. */
export const partsOfProps = (id: string, props: AnnalsStackProps): PropParts => {
  const present = Object.entries(props).filter(([, value]) => value !== undefined);
  const given = Object.fromEntries(
    present.filter(([name]) => !ofCdk.includes(name) && !ofOptions.includes(name)),
  );
  return {
    stackProps: Object.fromEntries(present.filter(([name]) => ofCdk.includes(name))),
    given,
    settings: settingsOf({ stackName: id, ...given }),
  };
};
