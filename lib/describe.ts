/** describe: what anyone may ask for. */
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { watermarkPrefix } from '#domain/archive/layout.ts';
import { leastCompactedKey } from '#domain/compact/layout.ts';
import { refusedUsageKey } from '#domain/refused/layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import { encryption, listing, objects } from '#lib/function/permission.ts';
import { reserved, type StageProps } from './stage.ts';

export class Describe extends Construct {
  readonly function: AnnalsFunction<'describe'>;

  constructor(scope: Construct, id: string, { storage, key, settings, catalogueModules }: StageProps) {
    super(scope, id);
    const { state, aside } = storage;
    this.function = new AnnalsFunction(this, 'Function', {
      name: 'describe',
      catalogueModules,
      key,
      logDays: settings.logDays,
      memoryMiB: 256,
      timeout: Duration.seconds(10),
      // Anyone may ask, and each answer reads the state.
      concurrency: reserved(settings, 2),
      environment: {
        ANNALS_INSTALLATION: settings.stackName,
        ANNALS_BUCKETS: String(settings.buckets),
        ANNALS_STATE: state.bucketName,
        ANNALS_REFUSED_BYTES: String(settings.refusedBytes),
        ANNALS_ASIDE: aside.bucketName,
      },
      permissions: [
        listing(state),
        listing(aside),
        objects('s3:GetObject', state, [watermarkPrefix, refusedUsageKey, leastCompactedKey]),
        encryption(key, ['kms:Decrypt'], ['s3']),
      ],
    });
  }
}
