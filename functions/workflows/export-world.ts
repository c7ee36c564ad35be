/** The world of the functions that carry exports on without being asked by anybody: finish and tick. */
import { AthenaClient } from '@aws-sdk/client-athena';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { readEnvironment } from '#aws/environment.ts';
import { requireInstallation } from '#aws/state/installation.ts';
import { log } from '#functions/runtime/log.ts';
import { logMetrics } from '#functions/runtime/metrics.ts';
import { createExportWorld, type ExportWorld } from './advance-export.ts';
import { topicSender } from './notify.ts';

export const createExportWorldFromEnvironment = async (name: 'finish' | 'tick'): Promise<ExportWorld> => {
  const configuration = readEnvironment(name, process.env);
  const world = createExportWorld(
    configuration,
    { kinesis: new KinesisClient({}), s3: new S3Client({}), athena: new AthenaClient({}) },
    log,
    logMetrics(configuration.ANNALS_INSTALLATION),
    topicSender(configuration.ANNALS_NOTIFICATION_TOPIC),
  );
  await requireInstallation(world.state, {
    buckets: configuration.ANNALS_BUCKETS,
    ledger: configuration.ANNALS_LEDGER,
  });
  return world;
};
