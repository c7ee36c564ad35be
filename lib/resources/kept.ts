/**
 * What holds data outlives the stack and every replacement. Only the deploy that creates it may take it away
 * again: a first deploy that fails must not leave buckets, a key and a stream behind, anew with each attempt.
 *
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
import { RemovalPolicy } from 'aws-cdk-lib';

/** `RetainExceptOnCreate` on deletion, `Retain` on replacement. */
export const kept = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
