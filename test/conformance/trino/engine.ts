/** Trino as one process on loopback: fetched once, started, asked, ended. */
import { execFile } from 'node:child_process';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Statement } from '#domain/export/statement.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';
import { cached } from '#test/conformance/cache.ts';
import { startProcess } from '#test/conformance/loopback.ts';
import { findJava } from '#test/conformance/tools.ts';
import { versions } from '#test/conformance/versions.ts';
import { freePort } from '#test/support/free-port.ts';

const run = promisify(execFile);
const fetchTimeout = { timeout: 1_500_000 };
const startMs = 180_000;
const statementMs = 120_000;

/** The folder of Trino's server. Downloads 821 MB from Maven Central the first time, and keeps 372 MB of it. */
export const fetchTrino = (): Promise<string> =>
  cached('trino', versions.trino, async folder => {
    console.log(`Fetching Trino ${versions.trino}: 821 MB, once`);
    const artifact = `io.trino:trino-server:${versions.trino}:tar.gz`;
    const repository = join(folder, 'm2');
    await run(
      'mvn',
      ['-B', '-q', `-Dmaven.repo.local=${repository}`, 'dependency:get', `-Dartifact=${artifact}`].concat(
        '-Dtransitive=false',
      ),
      { cwd: folder, ...fetchTimeout },
    );
    const name = `trino-server-${versions.trino}`;
    const archive = join(repository, 'io/trino/trino-server', versions.trino, `${name}.tar.gz`);
    // The whole archive: in it, the jars of one plugin are hard links to those of another.
    await run('tar', ['xzf', archive, '-C', folder], fetchTimeout);
    await rm(repository, { recursive: true });
    await mkdir(join(folder, 'plugin'));
    await rename(join(folder, name, 'lib'), join(folder, 'lib'));
    await rename(join(folder, name, 'plugin/hive'), join(folder, 'plugin/hive'));
    await rm(join(folder, name), { recursive: true });
  });

/** The output as Athena writes it, and how many bytes of objects were read. */
export type Output = { csv: Buffer; bytes: number };

export type Trino = { query(database: string, statement: Statement): Promise<Output>; stop(): Promise<void> };

type Places = { home: string; directory: string; glue: string; s3: string };

export const startTrino = async ({ home, directory, glue, s3 }: Places): Promise<Trino> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await writeConfiguration({ directory, glue, s3, url, port });
  const path = join(directory, 'server.log');
  const log = await open(path, 'w');
  const server = startProcess([join(findJava()!, 'bin/java'), ...javaArguments(home, directory)], {
    cwd: directory,
    logTo: log.fd,
  });
  await log.close();
  const until = Date.now() + startMs;
  while (!(await isStarted(url))) {
    const fault = server.hasEnded() ? 'ended' : Date.now() > until ? 'did not start in time' : undefined;
    if (fault !== undefined) {
      await server.stop();
      throw new Error(
        `Trino ${fault}; the end of its log is:\n${(await readFile(path, 'utf8')).slice(-4000)}`,
      );
    }
    await sleep(200);
  }
  const query = (database: string, statement: Statement) => ask({ url, database, statement, until });
  return { query, stop: server.stop };
};

const isStarted = async (url: string): Promise<boolean> =>
  fetch(`${url}/v1/info`).then(
    async response => ((await response.json()) as { starting: boolean }).starting === false,
    () => false,
  );

type Configuration = Omit<Places, 'home'> & { url: string; port: number };

const writeConfiguration = async ({ directory, glue, s3, url, port }: Configuration): Promise<void> => {
  await mkdir(join(directory, 'catalog'), { recursive: true });
  const write = (name: string, properties: Record<string, unknown>) =>
    writeFile(
      join(directory, name),
      Object.entries(properties)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
  await write('config.properties', {
    coordinator: true,
    'node-scheduler.include-coordinator': true,
    'http-server.http.port': port,
    'discovery.uri': url,
    'query.max-memory': '512MB',
    'query.max-memory-per-node': '512MB',
    'memory.heap-headroom-per-node': '200MB',
    'query.min-expire-age': '1s',
  });
  await write('log.properties', { 'io.trino': 'WARN', 'io.airlift': 'WARN' });
  await write('catalog/awsdatacatalog.properties', {
    'connector.name': 'hive',
    'hive.metastore': 'glue',
    'hive.metastore.glue.endpoint-url': glue,
    'hive.metastore.glue.region': 'us-east-1',
    'hive.metastore.glue.aws-access-key': 'x',
    'hive.metastore.glue.aws-secret-key': 'x',
    'hive.partition-projection-enabled': true,
    'fs.native-s3.enabled': true,
    's3.endpoint': s3,
    's3.region': 'us-east-1',
    's3.path-style-access': true,
    's3.aws-access-key': 'x',
    's3.aws-secret-key': 'x',
  });
};

const javaArguments = (home: string, directory: string): string[] => [
  '-server',
  '-Xmx1G',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djdk.attach.allowAttachSelf=true',
  '--add-modules=jdk.incubator.vector',
  '-Dfile.encoding=UTF-8',
  '-Dnode.environment=conformance',
  '-Dnode.id=annals',
  '-Dnode.internal-address=127.0.0.1',
  '-Dnode.bind-ip=127.0.0.1',
  `-Dnode.data-dir=${join(directory, 'data')}`,
  `-Dplugin.dir=${join(home, 'plugin')}`,
  `-Dconfig=${join(directory, 'config.properties')}`,
  `-Dcatalog.config-dir=${join(directory, 'catalog')}`,
  `-Dlog.levels-file=${join(directory, 'log.properties')}`,
  '-cp',
  `${join(home, 'lib')}/*`,
  'io.trino.server.TrinoServer',
];

type Page = {
  error?: { errorName: string; message: string };
  columns?: { name: string; type: string }[];
  data?: (string | number | boolean | null)[][];
  nextUri?: string;
  stats: { physicalInputBytes: number };
};
type Question = { url: string; database: string; statement: Statement; until: number };

/** Values as Athena writes them: quoted, and nothing for null. */
const printLine = (cells: readonly unknown[]): string =>
  `${cells.map(value => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`)).join(',')}\n`;

/** JavaScript reads the double 1.0 as the integer 1; Trino and Athena print them differently. */
const asText = (cell: unknown, type: string): unknown =>
  type === 'double' && Number.isInteger(cell) ? `${String(cell)}.0` : cell;

const ask = async ({ url, database, statement, until }: Question): Promise<Output> => {
  const headers = {
    'X-Trino-User': 'annals',
    'X-Trino-Catalog': 'awsdatacatalog',
    'X-Trino-Schema': database,
  };
  const { sql, parameters } = statement;
  const text = `EXECUTE IMMEDIATE '${sql.replaceAll("'", "''")}' USING ${parameters.map(sqlLiteral).join(', ')}`;
  const signal = AbortSignal.timeout(statementMs);
  const next = async (page: string, init: RequestInit = {}): Promise<Page> =>
    (await (await fetch(page, { ...init, headers, signal })).json()) as Page;
  const lines: string[] = [];
  let page = await next(`${url}/v1/statement`, { method: 'POST', body: text });
  let types: string[] | undefined;
  for (; ; page = await next(page.nextUri)) {
    if (page.error?.errorName === 'NO_NODES_AVAILABLE' && Date.now() < until) {
      // Trino says this for some seconds after it has said that it is started.
      await sleep(200);
      return ask({ url, database, statement, until });
    }
    if (page.error) throw new Error(`${page.error.errorName}: ${page.error.message}`);
    if (page.columns && !types) {
      lines.push(printLine(page.columns.map(({ name }) => name)));
      types = page.columns.map(({ type }) => type);
    }
    for (const row of page.data ?? []) lines.push(printLine(row.map((cell, n) => asText(cell, types![n]!))));
    if (page.nextUri === undefined) break;
  }
  return { csv: Buffer.from(lines.join('')), bytes: page.stats.physicalInputBytes };
};
