import { expect, it } from 'vitest';
import { printActor } from '#domain/access/principal.ts';
import { isRoleArn } from '#domain/access/role-arn.ts';
import { roleArn } from '#embedded/account.ts';

it('a role of an embedded installation is one of IAM, which people read by its short name', () => {
  expect(isRoleArn(roleArn('operator'))).toBe(true);
  expect(printActor(roleArn('operator'))).toBe('operator');
});
