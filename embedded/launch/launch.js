// @ts-check
/**
 * Runs a file of our TypeScript. There is no build step: what a file imports is bundled at the first run after
 * a change, and kept under node_modules/.cache, since loading some 2,000 files one by one takes seconds.
 */
import { join } from 'node:path';
import { readBundle } from './kept-bundle.js';
import { runBundle } from './run-bundle.js';

const ownRoot = join(import.meta.dirname, '..', '..');

/**
 * Runs the file, by its path from the root, and returns what it exports. What V8 has compiled is kept for each
 * `command` apart.
 * @param {string} entry
 * @param {{ root?: string, command?: string, nowMs?: () => number }} [options]
 * @returns {Promise<object>}
 */
export const launch = async (entry, { root = ownRoot, command = 'any', nowMs = Date.now } = {}) => {
  const folder = join(root, 'node_modules', '.cache', 'annals', entry.replaceAll(/\W+/g, '-'));
  const bundle = readBundle(folder) ?? (await makeBundle({ root, entry, folder, nowMs }));
  return runBundle(bundle, { root, entry, command });
};

/** @param {{ root: string, entry: string, folder: string, nowMs: () => number }} options */
const makeBundle = async options => (await import('./build-bundle.js')).buildBundle(options);
