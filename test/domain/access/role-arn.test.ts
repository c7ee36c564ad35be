import { expect, it } from 'vitest';
import { isRoleArn } from '#domain/access/role-arn.ts';

it.each([
  ['arn:aws:iam::123456789012:role/support', true],
  ['arn:aws-us-gov:iam::123456789012:role/a/path/support', true],
  // A policy would take each of these for more than one role.
  ['arn:aws:iam::123456789012:role/*', false],
  ['arn:aws:iam::*:role/support', false],
  ['arn:aws:iam::123456789012:role/$\u007baws:username}', false],
  ['arn:aws:iam::123456789012:role/', false],
  ['arn:aws:iam::123456789012:user/support', false],
  ['arn:aws:sts::123456789012:assumed-role/support/session', false],
])('%s is the ARN of one role: %s', (text, is) => {
  expect(isRoleArn(text)).toBe(is);
});
