/**
 * What the contract suite needs (`npm run contract`): to send, to call the API of staff, and to put, read and
 * delete objects of its own below `contract/` among the results, where it asks S3 about conditional puts. The
 * role must be mapped to the operator besides.
 */
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import {
  acknowledgeWildcards,
  encryption,
  listing,
  objects,
  type Permission,
  statementOf,
} from '#lib/function/permission.ts';

export type ContractPolicyProps = {
  results: Bucket;
  key: IKey;
  /** Sending, and calling the API of staff. */
  calls: readonly Permission[];
};

const place = ['contract/'];

export class ContractPolicy extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, { results, key, calls }: ContractPolicyProps) {
    super(scope, id);
    const permissions: Permission[] = [
      ...calls,
      listing(results),
      objects('s3:GetObject', results, place),
      objects('s3:PutObject', results, place),
      objects('s3:DeleteObject', results, place),
      objects('s3:AbortMultipartUpload', results, place),
      encryption(key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['s3']),
    ];
    this.policy = new ManagedPolicy(this, 'Policy', {
      description: 'Run the contract suite of Annals against this stack',
      statements: permissions.map(statementOf),
    });
    acknowledgeWildcards(this.policy, permissions);
  }
}
