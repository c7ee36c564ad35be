// @ts-check
/**
 * The bundle of an entry, as it is kept on disk between two runs. It is used only while each file that it was
 * made from has the same times, size and inode, so that old code never runs; what does not prove itself is made
 * again. Times are compared to the nanosecond: a file's ctime cannot be set back.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { crc32 } from 'node:zlib';

/**
 * @typedef {{ code: Buffer, map: string, path: string }} Bundle a script, its source map, and where it is kept
 * @typedef {{ bundle: string, crc32: number, inputs: [path: string, stamp: string][] }} Manifest
 */

/** A change so short before a build may have come between reading a file and asking for its times. */
const settledMs = 1000;

const manifestOf = (/** @type {string} */ folder) => join(folder, 'manifest.json');

/** @param {string} path */
const statOf = path => statSync(path, { bigint: true, throwIfNoEntry: false });

/** What changes with the content of a file. @param {ReturnType<typeof statOf>} stat */
const stampOf = stat => (stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}` : 'absent');

/**
 * The bundle that is kept in a folder; undefined if there is not one of the files as they are now.
 * @param {string} folder
 * @returns {Bundle | undefined}
 */
export const readBundle = folder => {
  try {
    /** @type {Manifest} */
    const manifest = JSON.parse(readFileSync(manifestOf(folder), 'utf8'));
    if (manifest.inputs.some(([path, stamp]) => stampOf(statOf(path)) !== stamp)) return undefined;
    const path = join(folder, manifest.bundle);
    const code = readFileSync(path);
    return crc32(code) === manifest.crc32 ? { code, map: `${path}.map`, path } : undefined;
  } catch {
    // Nothing is kept yet, or it is damaged.
    return undefined;
  }
};

/**
 * Keeps a bundle for the next run, unless a file may have changed while it was made, or the folder cannot be
 * written; then the next run makes it again.
 * @param {string} folder
 * @param {{ name: string, code: Uint8Array, map: Uint8Array, inputs: string[], startedMs: number }} made
 */
export const keepBundle = (folder, { name, code, map, inputs, startedMs }) => {
  const settledBefore = BigInt(startedMs - settledMs) * 1_000_000n;
  /** @type {[string, string][]} */
  const stamped = [];
  try {
    for (const path of inputs) {
      const stat = statOf(path);
      if (stat && (stat.mtimeNs >= settledBefore || stat.ctimeNs >= settledBefore)) return;
      stamped.push([path, stampOf(stat)]);
    }
    mkdirSync(folder, { recursive: true });
    replaceFile(join(folder, `${name}.map`), map);
    replaceFile(join(folder, name), code);
    /** @type {Manifest} */
    const manifest = { bundle: name, crc32: crc32(code), inputs: stamped };
    replaceFile(manifestOf(folder), JSON.stringify(manifest));
    // A process that runs has read its own bundle whole.
    for (const other of readdirSync(folder))
      if (!other.startsWith(name) && !manifestOf(folder).endsWith(other)) rmSync(join(folder, other));
  } catch {
    // A read-only installation, a full disk, another process that removes the same files.
  }
};

/** @param {string} path @param {string | Uint8Array} content */
export const replaceFile = (path, content) => {
  const temporary = `${path}.${process.pid}-${threadId}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
};
