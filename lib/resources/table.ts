/**
 * The table through which Athena reads the ledger, and the work group that its queries run in. Columns and
 * partitions are those of domain/. The SerDe is Hive's: AWS says that results of OpenX's can be
 * non-deterministic.
 *
 * https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
 */
import { Duration, Stack } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { columns, eventsTable, partitionColumns } from '#domain/archive/columns.ts';
import { eventsPrefix, partitionProjection } from '#domain/archive/layout.ts';
import { queryOutputPrefix } from '#domain/export/layout.ts';
import { encryption, type Permission } from '#lib/function/permission.ts';
import type { StageProps } from '#lib/stage.ts';
import type { Alarms } from './alarms.ts';

export type EventTableProps = StageProps & { alarms: Alarms };

const glueTypes = { varchar: 'string', integer: 'int', boolean: 'boolean' } as const;
const bytesPerGiB = 1024 ** 3;

export class EventTable extends Construct {
  readonly database: string;
  readonly workGroup: string;
  readonly #props: EventTableProps;

  constructor(scope: Construct, id: string, props: EventTableProps) {
    super(scope, id);
    this.#props = props;
    const { storage, alarms, key, settings } = props;
    const stack = Stack.of(this);
    this.database = settings.stackName.toLowerCase().replaceAll('-', '_');
    this.workGroup = settings.stackName;

    const database = new CfnDatabase(this, 'Database', {
      catalogId: stack.account,
      databaseInput: { name: this.database, description: 'The audit log, as Annals files it' },
    });
    const table = new CfnTable(this, 'Events', {
      catalogId: stack.account,
      databaseName: this.database,
      tableInput: {
        name: eventsTable,
        description: 'One row per filed event; copies of an event are not dropped here',
        tableType: 'EXTERNAL_TABLE',
        parameters: {
          EXTERNAL: 'TRUE',
          classification: 'json',
          ...partitionProjection(storage.ledger.bucketName, settings.buckets),
        },
        partitionKeys: partitionColumns.map(name => ({ name, type: 'string' })),
        storageDescriptor: {
          location: storage.ledger.s3UrlForObject(eventsPrefix),
          columns: columns.map(({ name, type, comment }) => ({ name, type: glueTypes[type], comment })),
          inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hive.hcatalog.data.JsonSerDe' },
        },
      },
    });
    table.addResourceDependency(database);

    new CfnWorkGroup(this, 'WorkGroup', {
      name: this.workGroup,
      description: 'The queries of Annals',
      state: 'ENABLED',
      // Without this, a work group with queries in its history, as each has after the first export, is not
      // deleted.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        bytesScannedCutoffPerQuery: Math.floor(settings.scanLimitGiB * bytesPerGiB),
        resultConfiguration: {
          outputLocation: storage.results.s3UrlForObject(queryOutputPrefix),
          expectedBucketOwner: stack.account,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn },
        },
      },
    });

    alarms.add('bytes-scanned', {
      metric: new Metric({
        namespace: 'AWS/Athena',
        metricName: 'ProcessedBytes',
        dimensionsMap: { WorkGroup: this.workGroup },
        statistic: 'sum',
        period: Duration.days(1),
      }),
      above: settings.scanAlarmGiB * bytesPerGiB,
      meaning: 'The queries of a day have read more than expected, and Athena is paid by what it reads.',
    });
  }

  get #workGroupArn(): string {
    return Stack.of(this).formatArn({
      service: 'athena',
      resource: 'workgroup',
      resourceName: this.workGroup,
    });
  }

  /** Starting the statements of exports, and what Athena does for them on behalf of the caller. */
  starts(): Permission[] {
    const { storage, key } = this.#props;
    const { ledger, results } = storage;
    const stack = Stack.of(this);
    const throughAthena = { 'ForAnyValue:StringEquals': { 'aws:CalledVia': ['athena.amazonaws.com'] } };
    const glue = (resource: string, resourceName?: string): string =>
      stack.formatArn({ service: 'glue', resource, ...(resourceName === undefined ? {} : { resourceName }) });
    return [
      { actions: ['athena:StartQueryExecution'], resources: [this.#workGroupArn] },
      {
        actions: ['glue:GetDatabase', 'glue:GetTable'],
        resources: [
          glue('catalog'),
          glue('database', this.database),
          // Athena may look for its default database first, whatever database a statement names.
          glue('database', 'default'),
          glue('table', `${this.database}/${eventsTable}`),
        ],
        conditions: throughAthena,
      },
      {
        actions: ['s3:GetObject'],
        resources: [ledger.arnForObjects(`${eventsPrefix}*`)],
        conditions: throughAthena,
        reason: 'Athena reads the objects of the partitions that a statement asks for',
      },
      {
        actions: ['s3:ListBucket', 's3:GetBucketLocation'],
        resources: [ledger.bucketArn, results.bucketArn],
        conditions: throughAthena,
      },
      {
        actions: ['s3:ListBucketMultipartUploads'],
        resources: [results.bucketArn],
        conditions: throughAthena,
      },
      {
        actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
        resources: [results.arnForObjects(`${queryOutputPrefix}*`)],
        conditions: throughAthena,
        reason: 'Athena names the output of a query by the id that it gives it',
      },
      encryption(key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['s3']),
    ];
  }

  /** Asking for the status of a query. */
  status(): Permission {
    return { actions: ['athena:GetQueryExecution'], resources: [this.#workGroupArn] };
  }
}
