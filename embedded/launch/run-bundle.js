// @ts-check
/**
 * Runs a bundle. V8's compiled code of it is kept beside it, for each version and set of flags of V8, since
 * compiling takes a quarter of a second at each start; a stack shows the places in our sources.
 */
import { readFileSync } from 'node:fs';
import { createRequire, SourceMap } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';
import { replaceFile } from './kept-bundle.js';

/** After this, what a start needs has been compiled. */
const compiledAfterMs = 3000;

/**
 * @param {import('./kept-bundle.js').Bundle} bundle
 * @param {{ root: string, entry: string, command: string }} from `command` separates what is compiled for it
 */
export const runBundle = ({ code, map, path }, { root, entry, command }) => {
  const compiled = `${path}.${cachedDataVersionTag()}.${command}.v8`;
  const cachedData = readCompiled(compiled);
  const script = new Script(code.toString(), {
    filename: path,
    ...(cachedData ? { cachedData } : {}),
  });
  showSources(path, map);
  if (cachedData === undefined || script.cachedDataRejected) keepCompiled(script, compiled);
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(join(root, entry)), module, importPackage);
  return module.exports;
};

/** @param {string} name */
const importPackage = name => import(name);

/** V8 itself does not check that the data is whole. @param {string} path */
const readCompiled = path => {
  try {
    const file = readFileSync(path);
    const data = file.subarray(4);
    return crc32(data) === file.readUInt32LE() ? data : undefined;
  } catch {
    // Not kept yet, or damaged.
    return undefined;
  }
};

/** Keeps what has been compiled when the process ends, or after a few seconds. @param {Script} script @param {string} path */
const keepCompiled = (script, path) => {
  const keep = () => {
    clearTimeout(timer);
    process.off('exit', keep);
    try {
      const data = script.createCachedData();
      const sum = Buffer.alloc(4);
      sum.writeUInt32LE(crc32(data));
      replaceFile(path, Buffer.concat([sum, data]));
    } catch {
      // The bundle is not kept, or the folder cannot be written.
    }
  };
  const timer = setTimeout(keep, compiledAfterMs).unref();
  process.on('exit', keep);
};

/** @param {string} path of the bundle @param {string} map its source map, or the file of it */
const showSources = (path, map) => {
  /** @type {SourceMap | undefined} */
  let sources;
  const placeOf = (/** @type {number} */ line, /** @type {number} */ column) => {
    sources ??= new SourceMap(JSON.parse(map.startsWith('{') ? map : readFileSync(map, 'utf8')));
    const entry = sources.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry)) return undefined;
    const file = resolve(dirname(path), entry.originalSource);
    return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  };
  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.map(frame => {
      const line = `\n    at ${frame}`;
      if (frame.getFileName() !== path) return line;
      try {
        const place = placeOf(frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1);
        return place ? line.replace(/[^\s(]+:\d+:\d+(?=\)?$)/, () => place) : line;
      } catch {
        // The bundle has been replaced since it was read.
        return line;
      }
    });
    return `${Error.prototype.toString.call(error)}${lines.join('')}`;
  };
};
