/** Says of a finding of cdk-nag why it does not apply; a finding that nobody has said so of fails the synthesis. */
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export const acknowledge = (construct: IConstruct, id: string, reason: string): void =>
  Validations.of(construct).acknowledge({ id, reason });
