/** What is deployed, and, before a deploy changes it, whose credentials these are. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { askSts, openSts } from './sts.ts';

export type StackState = { status: string; outputs: Partial<Record<string, string>> };

/**
 * A stack as CloudFormation describes it. Throws CloudFormation's error, also if there is no such stack. The
 * default region is that of the AWS CLI.
 */
export const describeStack = async (stackName: string, region?: string): Promise<StackState> => {
  const client = new CloudFormationClient(region === undefined ? {} : { region });
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
  const { StackStatus: status = '', Outputs = [] } = Stacks?.[0] ?? {};
  const outputs = Object.fromEntries(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  return { status, outputs };
};

/** The same; undefined if there is no such stack. */
export const readStackState = (stackName: string, region: string): Promise<StackState | undefined> =>
  describeStack(stackName, region).catch((error: Error): undefined => {
    if (error.name !== 'ValidationError' || !error.message.includes('does not exist')) throw error;
  });

/**
 * The account of the caller's credentials. GetCallerIdentity needs no permission.
 *
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export const readCallersAccount = async (region: string): Promise<string> => {
  const sts = openSts(region, new CloudFormationClient({ region }).config);
  const { status, text } = await askSts(sts, { Action: 'GetCallerIdentity' });
  const [, account] = /<Account>(\d{12})<\/Account>/.exec(text) ?? [];
  if (account === undefined) throw new Error(`STS answered ${status} without an account`);
  return account;
};
