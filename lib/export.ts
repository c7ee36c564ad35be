/** export: requesting exports, following them and fetching them, behind the two HTTP APIs. */
import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { exportsRoot } from '#domain/export/layout.ts';
import { AnnalsFunction } from '#lib/function/annals-function.ts';
import { asking, directory, objects } from '#lib/function/permission.ts';
import { callerEnvironment } from './caller-environment.ts';
import {
  type CarryingProps,
  exportEnvironment,
  exportPermissions,
  freezingPermissions,
} from './export-permissions.ts';
import { reserved } from './stage.ts';

export class Export extends Construct {
  readonly function: AnnalsFunction<'export'>;

  constructor(scope: Construct, id: string, props: CarryingProps) {
    super(scope, id);
    const { storage, key, settings, pageSecret } = props;
    const { state, results } = storage;
    const { directoryFunction } = settings;
    this.function = new AnnalsFunction(this, 'Function', {
      name: 'export',
      key,
      logDays: settings.logDays,
      memoryMiB: 512,
      timeout: Duration.seconds(29),
      // The whole account has 20 starts of Athena queries per second; a client that loops must not use them
      // up.
      concurrency: reserved(settings, 20),
      environment: {
        ...exportEnvironment(props),
        ...callerEnvironment({ settings, pageSecret }),
      },
      permissions: [
        ...exportPermissions(props),
        ...freezingPermissions(props),
        ...asking(state),
        ...directory(state, directoryFunction),
        // Links are signed with this role, and open what it may read.
        objects('s3:GetObject', results, [exportsRoot]),
      ],
    });
  }
}
