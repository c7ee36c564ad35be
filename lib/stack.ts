/** The whole installation, in the order in which an event passes through it. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from '#lib/resources/alarms.ts';
import { ContractPolicy } from '#lib/resources/contract-policy.ts';
import { Overview } from '#lib/resources/dashboard.ts';
import { DeadLetters } from '#lib/resources/dead-letters.ts';
import { EventStream } from '#lib/resources/event-stream.ts';
import { CustomersDoor, StaffDoor } from '#lib/resources/http-apis.ts';
import { DataKey } from '#lib/resources/key.ts';
import { Notifications } from '#lib/resources/notifications.ts';
import { PageSecret } from '#lib/resources/page-secret.ts';
import { Storage } from '#lib/resources/storage.ts';
import { EventTable } from '#lib/resources/table.ts';
import { Archive } from './archive.ts';
import { Browse } from './browse.ts';
import { Compact } from './compact.ts';
import { settingsOutput } from './deployed-settings.ts';
import { Describe } from './describe.ts';
import { Export } from './export.ts';
import { Finish } from './finish.ts';
import { Manage } from './manage.ts';
import { Receive } from './receive.ts';
import type { Settings } from './settings.ts';
import { Tick } from './tick.ts';
import { Web } from './web.ts';

export type AnnalsStackOptions = {
  /** The catalogue that the settings choose, for the bundles of the functions that use it. */
  catalogueModules?: Readonly<Record<string, string>>;
  /** What the output `Settings` says. */
  recordedSettings?: string;
  /** Whether nothing is deployed yet. */
  isFirstDeploy?: boolean;
  /** Where the page was built, if the settings ask for one. */
  pageFolder?: string;
};

export class AnnalsStack extends Stack {
  constructor(scope: Construct, settings: Settings, options: AnnalsStackOptions = {}) {
    const {
      catalogueModules = {},
      recordedSettings = '{}',
      isFirstDeploy = false,
      pageFolder = '',
    } = options;
    super(scope, settings.stackName, {
      stackName: settings.stackName,
      description: 'Annals: the audit log',
      // Not on the first deploy: CDK repeats one that failed by deleting the stack first.
      terminationProtection: !isFirstDeploy,
    });
    // The policy of the bucket permits access logs, since the bucket takes no ACLs.
    this.node.setContext('@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy', true);

    const key = new DataKey(this, 'Key');
    const alarms = new Alarms(this, 'Alarms', { key, settings });
    const storage = new Storage(this, 'Storage', { key, settings });
    const pageSecret = settings.pageClientId && new PageSecret(this, 'PageSecret').value;
    const stage = { storage, key, settings, catalogueModules, pageSecret };

    const stream = new EventStream(this, 'EventStream', { key, settings });
    const receive = new Receive(this, 'Receive', { ...stage, stream, alarms });
    const archive = new Archive(this, 'Archive', { ...stage, stream, alarms });
    const compact = new Compact(this, 'Compact', { ...stage, alarms });

    const table = new EventTable(this, 'EventTable', { ...stage, alarms });
    const deadLetters = new DeadLetters(this, 'DeadLetters', { alarms });
    const notifications = new Notifications(this, 'Notifications', { key, settings });
    const exporting = { ...stage, stream, table, notifications };
    const exports = new Export(this, 'Export', exporting);
    const finish = new Finish(this, 'Finish', { ...exporting, deadLetters, alarms });
    const tick = new Tick(this, 'Tick', { ...exporting, alarms });

    const manage = new Manage(this, 'Manage', { ...stage, stream });
    // An update replaces the readers of what archive writes before archive: a gap that nobody sees would not
    // be reported.
    archive.node.addDependency(finish, tick.function.node.defaultChild!, manage);
    // And archive before receive, whose rows may have columns that only the later archive knows.
    receive.node.addDependency(archive);
    const describe = new Describe(this, 'Describe', stage);
    const browse = new Browse(this, 'Browse', { ...stage, stream });
    const handlers = {
      browse: browse.function,
      export: exports.function,
      manage: manage.function,
      describe: describe.function,
    };
    const door = { handlers, alarms, key, settings };
    const staff = new StaffDoor(this, 'Staff', door);
    const { jwtIssuer: issuer, jwtAudience: audience } = settings;
    const customers =
      issuer === undefined ? undefined : new CustomersDoor(this, 'Customers', { ...door, issuer, audience });

    const web =
      customers &&
      pageSecret &&
      new Web(this, 'Web', { settings, key, customers, pageSecret, folder: pageFolder });

    const contract = new ContractPolicy(this, 'Contract', {
      results: storage.results,
      key,
      calls: [...receive.sends, ...staff.calls],
    });

    const overview = new Overview(this, 'Overview', { alarms });
    for (const scheduled of [tick, compact]) {
      scheduled.startsAfter(alarms, receive, archive, table, exports, browse, describe, staff, overview);
      if (customers) scheduled.startsAfter(customers);
    }

    const output = (name: string, value: string): void => void new CfnOutput(this, name, { value });
    output('EventsUrl', receive.url);
    output('StaffUrl', staff.url);
    if (customers) output('CustomersUrl', customers.url);
    if (web) output('PageUrl', web.url);
    output('EmittersPolicy', receive.emitters.managedPolicyArn);
    output('DirectEmittersPolicy', receive.directEmitters.managedPolicyArn);
    output('StaffPolicy', staff.staff.managedPolicyArn);
    output('ContractPolicy', contract.policy.managedPolicyArn);
    output('LedgerBucket', storage.ledger.bucketName);
    output('StateBucket', storage.state.bucketName);
    output('ViewsBucket', storage.views.bucketName);
    output('AsideBucket', storage.aside.bucketName);
    output('ResultsBucket', storage.results.bucketName);
    output('StreamName', stream.stream.streamName);
    output('WorkGroup', table.workGroup);
    output('Database', table.database);
    output('AlarmTopic', alarms.topic.topicArn);
    output('NotificationTopic', notifications.topic.topicArn);
    output(settingsOutput, recordedSettings);
  }
}
