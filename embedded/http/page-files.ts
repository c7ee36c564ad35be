/**
 * The files of the Audit Log page: those of a folder that a build has filled, read once and then served by
 * their names alone, so that no path is made of what was asked for. A build that comes later is noticed by
 * its index.html; the files of the one before stay, for pages that are open.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { asAbsent } from '#embedded/files.ts';
import { type Answer, problem } from '#functions/http/answer.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import type { ServedAnswer } from './http-server.ts';
import { assetHeaders, configHeaders, documentHeaders } from './page-headers.ts';

/** Where the page is built, and what builds it if it is not, or is out of date. */
export type PageSource = { folder: string; build(signal?: AbortSignal): Promise<void> };

export type PageOptions = PageSource & {
  /** The origins whose pages may hold /embed in a frame. */
  embedOrigins: readonly string[];
  log: Log;
  nowMs?: () => number;
};

/** Answers a GET or HEAD. */
type Serve = (headers: IncomingHttpHeaders) => ServedAnswer | Promise<ServedAnswer>;
type File = { headers: Record<string, string>; body: Buffer; gzipped: Buffer | undefined };
type Build = { version: string; index: Buffer; assets: ReadonlyMap<string, File> };

const contentTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
const lookAgainMs = 500;
const compress = promisify(gzip);

export class PageFiles {
  readonly #options: PageOptions;
  #state: 'building' | 'failed' | Build = 'building';
  /** Of a build that failed: what it left behind is not served. */
  #failedVersion = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: PageOptions) {
    this.#options = options;
  }

  /**
   * Builds the page and reads it. Until this resolves, every file answers that the server is starting. The signal ends
   * the build.
   */
  async open(signal?: AbortSignal): Promise<void> {
    const { folder, build, log } = this.#options;
    try {
      await build(signal);
      this.#state = await readBuild(folder, await versionOf(folder), new Map());
    } catch (error) {
      if (signal?.aborted) return;
      this.#failedVersion = await versionOf(folder).catch(() => '');
      this.#state = 'failed';
      log('error', 'The Audit Log page could not be built; run "npm run page"', errorFacts(error));
    }
  }

  /** What answers at a path, of which `segments` are the parts; undefined if it is not one of the page's. */
  find(segments: readonly string[]): Serve | undefined {
    const [first, second] = segments;
    if (first === 'assets') return ({ 'accept-encoding': accepted }) => this.#asset(segments, accepted);
    if (second !== undefined) return undefined;
    switch (first) {
      case '':
        return headers => this.#document([], headers);
      case 'embed':
        return headers => this.#document(this.#options.embedOrigins, headers);
      case 'config.json':
        return () => this.#config();
      default:
        return undefined;
    }
  }

  async #document(frameAncestors: readonly string[], { accept }: IncomingHttpHeaders): Promise<ServedAnswer> {
    await this.#lookAgain();
    const build = this.#state;
    if (build === 'building' && accept?.includes('text/html')) return waiting(frameAncestors);
    if (typeof build === 'string') return unavailable(build);
    return { statusCode: 200, headers: documentHeaders(frameAncestors), body: build.index };
  }

  #asset([, name, ...rest]: readonly string[], accepted: unknown): ServedAnswer {
    const build = this.#state;
    if (typeof build === 'string') return unavailable(build);
    const file = rest.length === 0 ? build.assets.get(name ?? '') : undefined;
    if (!file) return problem('not_found', 'There is no such file; load the page again');
    const isGzip =
      file.gzipped !== undefined && /(^|,)\s*gzip\s*(,|;\s*q=(1|0?\.[1-9])|$)/.test(String(accepted));
    return {
      statusCode: 200,
      headers: {
        ...file.headers,
        vary: 'accept-encoding',
        ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
      },
      body: isGzip ? file.gzipped! : file.body,
    };
  }

  #config(): ServedAnswer {
    const { embedOrigins } = this.#options;
    const config = {
      sign_in: 'session',
      ...(embedOrigins.length === 0 ? {} : { embed_origins: embedOrigins }),
    };
    return { statusCode: 200, headers: configHeaders, body: `${JSON.stringify(config)}\n` };
  }

  /** Reads a newer build, if there is one and it is whole. */
  async #lookAgain(): Promise<void> {
    const { folder, log, nowMs = () => performance.now() } = this.#options;
    const before = this.#state;
    if (before === 'building' || nowMs() - this.#lookedAtMs < lookAgainMs) return;
    this.#lookedAtMs = nowMs();
    try {
      const version = await versionOf(folder);
      const known = before === 'failed' ? this.#failedVersion : before.version;
      if (version === '' || version === known) return;
      this.#state = await readBuild(folder, version, before === 'failed' ? new Map() : before.assets);
    } catch (error) {
      log('warn', 'A newer build of the Audit Log page cannot be read yet', errorFacts(error));
    }
  }
}

/** Another time, size or node of index.html means another build; empty if there is none. */
const versionOf = async (folder: string): Promise<string> => {
  const found = await stat(join(folder, 'index.html'), { bigint: true }).catch(asAbsent);
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : '';
};

/** The files of a build, and those of the one before whose names it does not have. */
const readBuild = async (
  folder: string,
  version: string,
  before: ReadonlyMap<string, File>,
): Promise<Build> => {
  const index = await readFile(join(folder, 'index.html'));
  const own = new Map<string, File>();
  for (const entry of await readdir(join(folder, 'assets'), { withFileTypes: true })) {
    const contentType = contentTypes[extname(entry.name)];
    if (entry.isFile() && contentType) own.set(entry.name, await readAsset(folder, entry.name, contentType));
  }
  return { version, index, assets: new Map([...before, ...own]) };
};

const readAsset = async (folder: string, name: string, contentType: string): Promise<File> => {
  const body = await readFile(join(folder, 'assets', name));
  const gzipped = /^(text|image\/svg)/.test(contentType) ? await compress(body) : undefined;
  return { headers: assetHeaders(contentType), body, gzipped };
};

/** For a browser that comes while the page is being built: it asks again by itself. The URL keeps its fragment. */
const waiting = (frameAncestors: readonly string[]): ServedAnswer => ({
  statusCode: 503,
  headers: { ...documentHeaders(frameAncestors), 'retry-after': '1' },
  body: Buffer.from(
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="1">' +
      '<title>Audit Log</title><p>The server is starting. This takes a few seconds.</p></html>\n',
  ),
});

const unavailable = (state: 'building' | 'failed'): Answer =>
  state === 'building'
    ? problem('starting', 'The page is being built; retry', {}, { 'retry-after': '1' })
    : problem(
        'page_unavailable',
        'The Audit Log page could not be built; run "npm run page", and see the operational log for the reason',
        {},
        { 'retry-after': '60' },
      );
