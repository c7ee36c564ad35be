/**
 * The keys of exports: jobs and indexes in the state; query output, files, manifests and leases in the
 * results.
 */

import type { FileForm } from '#domain/export/format.ts';
import { fileKindOf } from '#domain/export/format.ts';
import { pathToken } from '#domain/object-key.ts';

export const exportsRoot = 'exports/';
export const exportPrefix = (id: string): string => `${exportsRoot}${id}/`;

export const activeExportsPrefix = 'exports-open/';
export const activeExportKey = (id: string): string => `${activeExportsPrefix}${id}`;
export const exportIdOfActiveKey = (key: string): string => key.slice(activeExportsPrefix.length);

export const exportsByScopePrefix = 'exports-by-scope/';
/** The jobs of a scope, the newest first; of the complete log if `scopeId` is undefined. */
export const exportsOfScopePrefix = (scopeId: string | undefined): string =>
  `${exportsByScopePrefix}${scopeId === undefined ? 'all' : `scope-${pathToken(scopeId)}`}/`;
/** Every job of every scope, the newest first. */
export const allExportsPrefix = 'exports-by-time/';

/** Makes keys sort from the newest: the milliseconds that remain until a distant day, 15 digits. */
const untilFarDay = (milliseconds: number): string =>
  String(999_999_999_999_999 - milliseconds).padStart(15, '0');

export const exportIndexName = (requestedAtMs: number, id: string): string =>
  `${untilFarDay(requestedAtMs)}-${id}`;
const indexNameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
export const exportIdOfIndexKey = (key: string): string => indexNameOf(key).slice(16);
export const requestedAtMsOfIndexKey = (key: string): number =>
  999_999_999_999_999 - Number(indexNameOf(key).slice(0, 15));

/** The export that a query belongs to. */
export const exportsByQueryPrefix = 'exports-by-query/';
export const queryIndexKey = (queryExecutionId: string): string =>
  `${exportsByQueryPrefix}${queryExecutionId}.json`;

/** Where a query's output goes; Athena writes it to `<this><query execution id>.csv`. */
export const queryOutputPrefix = 'athena/';
export const queryOutputKey = (queryExecutionId: string): string =>
  `${queryOutputPrefix}${queryExecutionId}.csv`;
/** The files of an export, separate for each time that it was requested. */
export const exportFileKey = (id: string, retries: number, form: FileForm = {}): string =>
  `${exportPrefix(id)}${retries}/audit-log.${fileKindOf(form).extension}`;
export const manifestKey = (id: string, retries: number): string =>
  `${exportPrefix(id)}${retries}/manifest.json`;

/** Who writes the file of an export now, at this step of it. */
export const leasesPrefix = 'leases/';
export const finishLeaseKey = (id: string, step: number): string => `${leasesPrefix}${id}-${step}.json`;
