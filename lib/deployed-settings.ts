/**
 * What is deployed already, so that a deploy that forgets a setting is refused before it takes a door, an
 * alarm topic or a lock away. A stack has its settings in the output `Settings`. It is read if CDK has
 * found credentials; a synthesis without any compares nothing.
 */
import { readCallersAccount, readStackState } from '#aws/stack-state.ts';
import { contextPrefix, givenSettings, type Settings, SettingsError } from './settings.ts';

export const settingsOutput = 'Settings';

/** The settings of a deployed stack by their names; undefined if it does not say, as those of 0.1.0. */
export type DeployedStack = { settings: Record<string, unknown> | undefined };

/** What the output says: the settings that were given, and the number of buckets in any case. */
export const recordedSettings = (
  { forget: _, ...given }: Readonly<Record<string, unknown>>,
  { buckets }: Settings,
): string => JSON.stringify({ ...given, buckets });

/** Why a deploy with this context would do harm to what is deployed; empty if it would not. */
export const faultsOfUpdate = (
  { settings: deployed = {} }: DeployedStack,
  context: Readonly<Record<string, unknown>>,
  { buckets, forget }: Settings,
): string[] => {
  const given = givenSettings(context);
  const faults: string[] = [];
  if (deployed.buckets !== undefined && deployed.buckets !== buckets)
    faults.push(
      `The installation was begun with ${deployed.buckets} buckets, which can never change; ` +
        `set ${contextPrefix}buckets back to ${deployed.buckets}`,
    );
  const lost = Object.keys(deployed).filter(
    name => name !== 'buckets' && !(name in given) && !forget.includes(name),
  );
  if (lost.length > 0)
    faults.push(
      `The deployed stack has settings that this deploy would lose: ${lost
        .map(name => `${contextPrefix}${name}=${String(deployed[name])}`)
        .join(', ')}; give them too, or say ${contextPrefix}forget=${lost.join(',')}`,
    );
  return faults;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The stack as it is deployed: `undefined` if there is none, or if its first deploy failed; 'unknown' if CDK
 * found no credentials. Throws `SettingsError` if it cannot be read.
 */
export const readDeployedStack = async (
  stackName: string,
  { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region }: Environment,
): Promise<DeployedStack | 'unknown' | undefined> => {
  if (account === undefined || region === undefined) return 'unknown';
  try {
    const own = await readCallersAccount(region);
    // CDK tells an app the account of its --profile, but not the profile.
    if (own !== account)
      throw new Error(`its account is ${account}, and the credentials here are of ${own}; set AWS_PROFILE`);
    const stack = await readStackState(stackName, region);
    if (!stack || !/^(CREATE_COMPLETE|UPDATE_|IMPORT_)/.test(stack.status)) return undefined;
    const output = stack.outputs[settingsOutput];
    return { settings: output === undefined ? undefined : (JSON.parse(output) as Record<string, unknown>) };
  } catch (error) {
    throw new SettingsError([
      `the deployed stack "${stackName}" cannot be read to compare them: ${(error as Error).message}`,
    ]);
  }
};
