import { describe, expect, it } from 'vitest';
import { partsOfProps } from '#lib/stack-props.ts';

describe('the props of the stack', () => {
  it('are what CDK takes for any stack, and settings, of which the absent ones have their defaults', () => {
    const env = { account: '123456789012', region: 'eu-west-1' };
    const { stackProps, given, settings } = partsOfProps('Audit', {
      env,
      tags: { team: 'platform' },
      terminationProtection: undefined,
      pageFolder: '/page',
      buckets: 64,
    });
    expect(stackProps).toEqual({ env, tags: { team: 'platform' } });
    expect(given).toEqual({ buckets: 64 });
    expect(settings).toMatchObject({ stackName: 'Audit', buckets: 64, lockMode: 'governance' });
  });

  it('name the stack if a name is given, and refuse what is neither', () => {
    expect(partsOfProps('Audit', { stackName: 'Annals' }).settings.stackName).toBe('Annals');
    expect(() => partsOfProps('Audit', { bucket: 8 } as object)).toThrow('did you mean buckets?');
  });
});
