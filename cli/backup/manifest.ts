/**
 * What a backup holds: a file of lines. The first says of what and of when it is, then comes a line for each
 * file, and the last one proves that it is whole. It is written last, so a backup exists if it does.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';

const head = z.looseObject({
  format: z.literal(1),
  /** The name of the backup: the time at which it began. */
  name: z.string(),
  /** The id of the installation. */
  installation: z.string(),
  version: z.string(),
  /** Keys, admins, schedules and exports are as they were at this time, or later. */
  state_as_of: z.string(),
  /** Every event that was acknowledged before this time is in the backup. */
  acknowledged_to: z.string(),
  /** Up to when the copied log is filed; null if a bucket was never filed. */
  complete_to: z.string().nullable(),
  /** The backups that have what the ledger has lost since; absent if there is none. */
  keeps: z.array(z.string()).optional(),
});
const file = z.strictObject({
  /** Below the data directory, with slashes. */
  path: z.string().regex(/^(?!.*(^|\/)\.{0,2}(\/|$))[^\\\0]+$/s, 'Expected a plain path'),
  bytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  mtime_ms: z.number(),
  /** Names the version of the file that was copied; absent if a change might not change it. */
  stamp: z.string().optional(),
});

export type ManifestHead = z.output<typeof head>;
export type ManifestFile = z.output<typeof file>;
export type Manifest = { head: ManifestHead; files: ManifestFile[] };

export class ManifestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ManifestError';
  }
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

export const encodeManifest = ({ head: first, files }: Manifest): string => {
  const text = [first, ...files].map(line => `${JSON.stringify(line)}\n`).join('');
  return `${text}${JSON.stringify({ files: files.length, sha256: sha256Of(text) })}\n`;
};

/** Throws a `ManifestError` that names the path. */
export const decodeManifest = (text: string, path: string): Manifest => {
  const end = text.lastIndexOf('\n', text.length - 2) + 1;
  const damaged = new ManifestError(`The manifest ${path} is damaged; use another backup`);
  try {
    const last = JSON.parse(text.slice(end)) as { files?: unknown; sha256?: unknown };
    if (last.sha256 !== sha256Of(text.slice(0, end))) throw damaged;
    const [first, ...files] = text.slice(0, end).trimEnd().split('\n');
    const manifest = {
      head: head.parse(JSON.parse(first!)),
      files: files.map(line => file.parse(JSON.parse(line))),
    };
    if (last.files !== manifest.files.length) throw damaged;
    return manifest;
  } catch (cause) {
    if (cause === damaged) throw damaged;
    // A manifest of a later format has its own first line.
    const isLater = /^\{"format":(?!1[,}])\d/.test(text);
    throw isLater
      ? new ManifestError(`The manifest ${path} was written by a later version of Annals; use that version`)
      : damaged;
  }
};
