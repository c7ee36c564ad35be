/** The whole installation, in the order in which an event passes through it. */
import { join } from 'node:path';
import { Stack, Token } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { chooseCatalogue, modulesOfSets } from '#catalogue/choice.ts';
import { Alarms } from '#lib/resources/alarms.ts';
import { ContractPolicy } from '#lib/resources/contract-policy.ts';
import { Overview } from '#lib/resources/dashboard.ts';
import { DeadLetters } from '#lib/resources/dead-letters.ts';
import { DeliveryKey } from '#lib/resources/delivery-key.ts';
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
import { Deliver } from './deliver.ts';
import { recordedSettings, settingsOutput } from './deployed-settings.ts';
import { Describe } from './describe.ts';
import { Export } from './export.ts';
import { Finish } from './finish.ts';
import { Manage } from './manage.ts';
import { addOutputs } from './outputs.ts';
import { Receive } from './receive.ts';
import { faultOfRegion } from './region.ts';
import { SettingsError } from './settings.ts';
import { type AnnalsStackProps, partsOfProps } from './stack-props.ts';
import { Tick } from './tick.ts';
import { Web } from './web.ts';

/** Where `npm run page` puts the page, and a package has it. */
const builtPage = join(import.meta.dirname, '..', 'dist', 'web');

/** The stages, each with its function. */
export type Stages = Readonly<{
  receive: Receive;
  archive: Archive;
  compact: Compact;
  export: Export;
  finish: Finish;
  tick: Tick;
  manage: Manage;
  describe: Describe;
  browse: Browse;
  deliver: Deliver;
}>;

export class AnnalsStack extends Stack {
  /** Where services send events. */
  readonly eventsUrl: string;
  readonly stages: Stages;
  readonly storage: Storage;
  readonly staff: StaffDoor;
  /** Undefined without the setting `jwtIssuer`. */
  readonly customers: CustomersDoor | undefined;
  readonly alarms: Alarms;
  readonly notifications: Notifications;

  /**
   * Reads the company's catalogue, if the settings name one, and makes the stack. Throws `SettingsError` and
   * `CatalogueError`.
   */
  static async create(scope: Construct, id: string, props: AnnalsStackProps = {}): Promise<AnnalsStack> {
    const { modules } = await chooseCatalogue(partsOfProps(id, props).settings);
    return new AnnalsStack(scope, id, { ...props, catalogueModules: modules });
  }

  /** Throws `SettingsError`. A setting `catalogue` needs `create`. */
  constructor(scope: Construct, id: string, props: AnnalsStackProps = {}) {
    const { stackProps, given, settings } = partsOfProps(id, props);
    const { pageFolder = builtPage, catalogueModules } = props;
    if (settings.catalogue !== undefined && !catalogueModules)
      throw new SettingsError([
        'catalogue: make the stack with "await AnnalsStack.create(…)", which reads it',
      ]);
    super(scope, id, {
      description: 'Annals: the audit log',
      // The ledger is kept in any case, but nothing could read it.
      terminationProtection: true,
      ...stackProps,
      stackName: settings.stackName,
    });
    const fault = Token.isUnresolved(this.region) ? undefined : faultOfRegion(this.region);
    if (fault !== undefined) throw new SettingsError([fault]);
    // The policy of the bucket permits access logs, since the bucket takes no ACLs.
    this.node.setContext('@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy', true);

    const key = new DataKey(this, 'Key');
    const alarms = new Alarms(this, 'Alarms', { key, settings });
    const storage = new Storage(this, 'Storage', { key, settings });
    const pageSecret = settings.pageClientId && new PageSecret(this, 'PageSecret').value;
    const modules = catalogueModules ?? modulesOfSets(settings);
    const stage = { storage, key, settings, catalogueModules: modules, pageSecret };

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

    const deliveryKey = new DeliveryKey(this, 'DeliveryKey', { key }).value;
    const deliver = new Deliver(this, 'Deliver', { ...stage, stream, alarms, deliveryKey });

    const manage = new Manage(this, 'Manage', { ...stage, stream, deliveryKey });
    // An update replaces the readers of what archive writes before archive: a gap that nobody sees would not
    // be reported.
    archive.node.addDependency(
      finish,
      tick.function.node.defaultChild!,
      deliver.function.node.defaultChild!,
      manage,
    );
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
    for (const scheduled of [tick, compact, deliver]) {
      scheduled.startsAfter(alarms, receive, archive, table, exports, browse, describe, staff, overview);
      if (customers) scheduled.startsAfter(customers);
    }

    this.eventsUrl = receive.url;
    this.stages = {
      ...{ receive, archive, compact, export: exports, finish, tick, manage, describe, browse },
      deliver,
    };
    this.storage = storage;
    this.staff = staff;
    this.customers = customers;
    this.alarms = alarms;
    this.notifications = notifications;
    addOutputs(this, {
      EventsUrl: receive.url,
      StaffUrl: staff.url,
      ...(customers ? { CustomersUrl: customers.url } : {}),
      ...(customers?.target ? { CustomersTarget: customers.target } : {}),
      ...(web ? { PageUrl: web.url } : {}),
      EmittersPolicy: receive.emitters.managedPolicyArn,
      DirectEmittersPolicy: receive.directEmitters.managedPolicyArn,
      StaffPolicy: staff.staff.managedPolicyArn,
      ContractPolicy: contract.policy.managedPolicyArn,
      LedgerBucket: storage.ledger.bucketName,
      StateBucket: storage.state.bucketName,
      ViewsBucket: storage.views.bucketName,
      AsideBucket: storage.aside.bucketName,
      ResultsBucket: storage.results.bucketName,
      StreamName: stream.stream.streamName,
      WorkGroup: table.workGroup,
      Database: table.database,
      AlarmTopic: alarms.topic.topicArn,
      NotificationTopic: notifications.topic.topicArn,
      [settingsOutput]: recordedSettings(given, settings),
    });
  }

  /** Lets a role of the same account send events to `eventsUrl`. */
  grantSend(grantee: IGrantable): Grant {
    return this.stages.receive.grantSend(grantee);
  }
}
