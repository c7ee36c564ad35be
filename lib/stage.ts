/** What every stage gets. */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Storage } from '#lib/resources/storage.ts';
import type { Settings } from './settings.ts';

export type StageProps = {
  storage: Storage;
  key: IKey;
  settings: Settings;
  /** What a bundle has in the place of modules of the catalogue, by how they are imported. */
  catalogueModules: Readonly<Record<string, string>>;
  /** What the page's distribution sends with each request, if there is a page. */
  pageSecret?: string | undefined;
};

/** How many may run at once: a limit that protects something, if the account has concurrency to reserve. */
export const reserved = ({ reserveConcurrency }: Settings, concurrency: number): number | undefined =>
  reserveConcurrency ? concurrency : undefined;
