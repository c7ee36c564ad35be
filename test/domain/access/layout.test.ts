import { expect, it } from 'vitest';
import { adminKey, adminsOfScopePrefix, adminsPrefix } from '#domain/access/layout.ts';

it('an admin is found below its scope, and an id of one scope leads to no other', () => {
  expect(adminKey('acme', 'u-1').startsWith(adminsOfScopePrefix('acme'))).toBe(true);
  expect(adminsOfScopePrefix('acme').startsWith(adminsPrefix)).toBe(true);
  expect(adminKey('acme/u', '1')).not.toBe(adminKey('acme', 'u/1'));
  expect(adminKey('acme', 'u-1')).toMatch(/^admins\/[0-9a-f]{64}\/[0-9a-f]{64}\.json$/);
});
