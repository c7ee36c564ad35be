/** What the functions may do that read a log through `createBrowseWorld`: its ledger, its segments, its gaps. */
import {
  eventsPrefix,
  gapEndsPrefix,
  installationKey,
  onFailurePrefix,
  watermarkPrefix,
} from '#domain/archive/layout.ts';
import { compactPrefix, recentPrefix, segmentsPrefix } from '#domain/compact/layout.ts';
import { listing, objects, type Permission } from '#lib/function/permission.ts';
import type { Storage } from '#lib/resources/storage.ts';

export const reading = ({
  ledger,
  state,
  views,
  aside,
}: Pick<Storage, 'ledger' | 'state' | 'views' | 'aside'>): Permission[] => [
  // Without them a key that does not exist is answered with 403.
  listing(ledger),
  listing(views),
  listing(state),
  listing(aside),
  objects('s3:GetObject', ledger, [eventsPrefix]),
  objects('s3:GetObject', views, [segmentsPrefix, recentPrefix]),
  objects('s3:GetObject', aside, [onFailurePrefix]),
  objects('s3:GetObject', state, [
    compactPrefix,
    watermarkPrefix,
    gapEndsPrefix,
    onFailurePrefix,
    installationKey,
  ]),
];
