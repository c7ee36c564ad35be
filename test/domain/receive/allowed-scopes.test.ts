import { describe, expect, it } from 'vitest';
import { scopeRefusal } from '#domain/receive/allowed-scopes.ts';

describe('an event of a sender that is bound to scopes', () => {
  it('is refused if it is of another scope, or of none, at the place that is wrong', () => {
    expect(scopeRefusal({ scopeId: 'acme' }, ['acme', 'globex'])).toBeUndefined();
    expect(scopeRefusal({ scopeId: 'initech' }, ['acme'])).toMatchObject({
      code: 'scope_not_allowed',
      path: '/scope/id',
    });
    expect(scopeRefusal({ scopeId: undefined }, ['acme'])).toMatchObject({
      code: 'scope_not_allowed',
      path: '/scope',
    });
    expect(scopeRefusal({ scopeId: 'initech' }, ['acme'])!.message).not.toContain('acme');
  });

  it('may be of any scope if the sender is not bound', () => {
    expect(scopeRefusal({ scopeId: undefined }, undefined)).toBeUndefined();
    expect(scopeRefusal({ scopeId: 'acme' }, undefined)).toBeUndefined();
  });
});
