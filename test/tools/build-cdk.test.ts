import { describe, expect, it } from 'vitest';
import { withRelativeImports } from '#tools/build-cdk.ts';

describe('the declarations of annals/cdk', () => {
  it('import by relative paths, under the name of the code', () => {
    expect(
      withRelativeImports(
        `import type { Storage } from '#lib/resources/storage.ts';\nexport * from './stage.ts';`,
        1,
      ),
    ).toBe(`import type { Storage } from '../lib/resources/storage.js';\nexport * from './stage.js';`);
    expect(
      withRelativeImports(`import("#domain/time.ts").Instant; import { App } from 'aws-cdk-lib';`, 0),
    ).toBe(`import("./domain/time.js").Instant; import { App } from 'aws-cdk-lib';`);
  });
});
