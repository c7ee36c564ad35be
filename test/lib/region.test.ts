import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultOfRegion, regionsWithoutFunctionUrls } from '#lib/region.ts';

describe('a region', () => {
  it.each(regionsWithoutFunctionUrls)('%s is refused, since emitters could not send there', region => {
    expect(faultOfRegion(region)).toMatch(`the region ${region}: Lambda has no function URLs there`);
  });

  it.each([
    'us-gov-west-1',
    'cn-north-1',
    'us-iso-east-1',
    'us-isob-east-1',
    'eu-isoe-west-1',
    'eusc-de-east-1',
  ])('%s is refused, since it is of another partition', region => {
    expect(faultOfRegion(region)).toContain('another partition');
  });

  it.each(['eu-central-1', 'us-east-1', 'ap-southeast-2', 'sa-east-1', undefined])('%s is taken', region => {
    expect(faultOfRegion(region)).toBeUndefined();
  });

  it('is named in docs/deploy.md if it is refused', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/deploy.md'), 'utf8');
    const [, listed] = /refuses regions without them: (.*?); and the partitions/.exec(page)!;
    expect(listed!.split(/, | and /)).toEqual([...regionsWithoutFunctionUrls]);
  });
});
