/**
 * The tables through which Athena reads the ledger and the segments of its closed days, and the work group that
 * its queries run in. Columns and partitions are those of domain/. The SerDe of the ledger is Hive's: AWS says
 * that results of OpenX's can be non-deterministic. Columns of Parquet are found by their names.
 *
 * https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
 */
import { Duration, Stack } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { columns, eventsTable, partitionColumns, segmentsTable } from '#domain/archive/columns.ts';
import { eventsPrefix, partitionProjection } from '#domain/archive/layout.ts';
import { segmentsPrefix } from '#domain/compact/layout.ts';
import { queryOutputPrefix } from '#domain/export/layout.ts';
import { encryption, type Permission } from '#lib/function/permission.ts';
import type { StageProps } from '#lib/stage.ts';
import type { Alarms } from './alarms.ts';

export type EventTableProps = StageProps & { alarms: Alarms };

const glueTypes = { varchar: 'string', integer: 'int', boolean: 'boolean' } as const;
const formats = {
  json: {
    classification: 'json',
    inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    serde: 'org.apache.hive.hcatalog.data.JsonSerDe',
  },
  parquet: {
    classification: 'parquet',
    inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    serde: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
} as const;

type TableProps = { name: string; description: string; location: string; format: keyof typeof formats };

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
    const addTable = (id: string, { name, description, location, format }: TableProps): void => {
      const { classification, inputFormat, outputFormat, serde } = formats[format];
      const table = new CfnTable(this, id, {
        catalogId: stack.account,
        databaseName: this.database,
        tableInput: {
          name,
          description,
          tableType: 'EXTERNAL_TABLE',
          parameters: {
            EXTERNAL: 'TRUE',
            classification,
            ...partitionProjection(location, settings.buckets),
          },
          partitionKeys: partitionColumns.map(column => ({ name: column, type: 'string' })),
          storageDescriptor: {
            location,
            columns: columns.map(({ name, type, comment }) => ({ name, type: glueTypes[type], comment })),
            inputFormat,
            outputFormat,
            serdeInfo: { serializationLibrary: serde },
          },
        },
      });
      table.addResourceDependency(database);
    };
    addTable('Events', {
      name: eventsTable,
      description: 'One row per filed event; copies of an event are not dropped here',
      location: storage.ledger.s3UrlForObject(eventsPrefix),
      format: 'json',
    });
    addTable('Segments', {
      name: segmentsTable,
      description: 'The same rows, of the days that are compacted',
      location: storage.views.s3UrlForObject(segmentsPrefix),
      format: 'parquet',
    });

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
    const { ledger, views, results } = storage;
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
          ...[eventsTable, segmentsTable].map(name => glue('table', `${this.database}/${name}`)),
        ],
        conditions: throughAthena,
      },
      {
        actions: ['s3:GetObject'],
        resources: [ledger.arnForObjects(`${eventsPrefix}*`), views.arnForObjects(`${segmentsPrefix}*`)],
        conditions: throughAthena,
        reason: 'Athena reads the objects of the partitions that a statement asks for',
      },
      {
        actions: ['s3:ListBucket', 's3:GetBucketLocation'],
        resources: [ledger.bucketArn, views.bucketArn, results.bucketArn],
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
