/** What a deploy prints, and `--stack` and the first steps of docs/deploy.md read: one line for each output. */
import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { settingsOutput } from './deployed-settings.ts';

/** The names, which commands and documents use, with what the console shows beside each. */
const descriptions = {
  EventsUrl: 'Where services send events, under IAM',
  StaffUrl: 'The API for support and the operator, under IAM',
  CustomersUrl: "The API for your customers, under your issuer's tokens",
  CustomersTarget: 'What the CNAME or alias of apiDomain has to name',
  PageUrl: 'The Audit Log page; register it as a redirect URI at your issuer',
  EmittersPolicy: 'Attach it to the roles of services that send to EventsUrl',
  DirectEmittersPolicy: 'Attach it to the roles of services that invoke the function by its alias',
  StaffPolicy: 'Attach it to the roles of support and the operator',
  ContractPolicy: 'Attach it to a role that runs the contract suite after a deploy',
  LedgerBucket: 'The log itself: it only grows, and is never replaced',
  StateBucket: 'Exports, schedules, admins, gaps and watermarks',
  ViewsBucket: 'Segments of closed days, derived from the ledger',
  AsideBucket: 'What could not be filed, and refused events',
  ResultsBucket: 'Finished exports, until they expire',
  StreamName: 'The stream that acknowledged events pass through',
  WorkGroup: 'The Athena work group of the exports',
  Database: 'The Glue database with the table of events',
  AlarmTopic: 'Subscribe to it to be notified of alarms',
  NotificationTopic:
    'Subscribe to it to be notified of finished exports, and of deliveries that are made, fail or stop',
  [settingsOutput]: 'The settings of this deploy; the next one must have them too',
} as const;

export type Outputs = Readonly<Partial<Record<keyof typeof descriptions, string>>>;

export const addOutputs = (stack: Construct, outputs: Outputs): void => {
  for (const [name, value] of Object.entries(outputs))
    new CfnOutput(stack, name, { value, description: descriptions[name as keyof Outputs] });
};
