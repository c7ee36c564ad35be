/**
 * What the conformance suites need of the machine. `npm run --silent conformance:tools -- SUITE` prints what a suite
 * lacks and how to get it, and ends with 1 if that is anything.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The path of a command that the PATH has; undefined if it has none. */
export const findCommand = (name: string, environment: Environment = process.env): string | undefined =>
  (environment.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(path => existsSync(path));

const leastJava = 24;
const systemJava = '/usr/lib/jvm';

/** The home of a JDK that runs Trino: that of ANNALS_JAVA, of JAVA_HOME, or one of the system's. */
export const findJava = (environment: Environment = process.env, system = systemJava): string | undefined => {
  const installed = existsSync(system) ? readdirSync(system).sort() : [];
  return [environment.ANNALS_JAVA, environment.JAVA_HOME, ...installed.map(name => join(system, name))]
    .filter(home => home !== undefined && home !== '')
    .find(home => versionOf(home!) >= leastJava);
};

/** The feature version that a JDK's own `release` file names; 0 if there is none. */
const versionOf = (home: string): number => {
  const release = join(home, 'release');
  if (!existsSync(release) || !existsSync(join(home, 'bin', 'java'))) return 0;
  return Number(/^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1] ?? 0);
};

const javaSentence =
  `A JDK of version ${leastJava} or later (install temurin-25-jdk or openjdk-25-jdk, ` +
  'or set ANNALS_JAVA to its home)';

/** Python, if it is of a version that runs ministack. */
export const findPython = (environment: Environment = process.env): string | undefined =>
  ['python3.11', 'python3.12', 'python3.13']
    .map(name => findCommand(name, environment))
    .find(path => path !== undefined);

const leastGo = [1, 25] as const;

/** The Go command, if it is of a version that builds versitygw: its own file VERSION says which it is. */
export const findGo = (environment: Environment = process.env): string | undefined => {
  const command = findCommand('go', environment);
  if (command === undefined) return undefined;
  const file = join(dirname(realpathSync(command)), '..', 'VERSION');
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? [];
  const isRecent =
    Number(major) > leastGo[0] || (Number(major) === leastGo[0] && Number(minor) >= leastGo[1]);
  return isRecent ? command : undefined;
};

const goSentence = `Go ${leastGo.join('.')} or later (https://go.dev/dl, or the package golang)`;
const lackingGo = (environment: Environment): string[] =>
  findGo(environment) === undefined ? [goSentence] : [];

/** What builds the native half of AWS's runtime client, and the packages that have it. */
const builders = { cmake: 'cmake', make: 'make', 'g++': 'g++', python3: 'python3', xz: 'xz-utils' };

/** What each suite lacks, in sentences. */
export const lacking: Record<string, (environment?: Environment) => string[]> = {
  trino: (environment = process.env) => [
    ...(findJava(environment) === undefined ? [javaSentence] : []),
    ...(findCommand('mvn', environment) === undefined ? ['Maven (install the package maven)'] : []),
  ],
  deploy: (environment = process.env) => [
    ...(findPython(environment) === undefined
      ? ['Python 3.11 with pip (install python3.11 and python3-pip)']
      : []),
    ...['openssl', 'curl']
      .filter(name => findCommand(name, environment) === undefined)
      .map(name => `${name} (install the package ${name})`),
  ],
  s3: (environment = process.env) => lackingGo(environment),
  runtime: (environment = process.env) => [
    ...lackingGo(environment),
    ...Object.entries(builders)
      .filter(([name]) => findCommand(name, environment) === undefined)
      .map(([name, packageName]) => `${name} (install the package ${packageName})`),
  ],
};

/** Throws an error that says what a suite lacks, if that is anything. */
export const requireTools = (suite: string): void => {
  const missing = lacking[suite]!();
  if (missing.length > 0)
    throw new Error(`The suite ${suite} cannot run here. It lacks: ${missing.join('; ')}`);
};

if (process.argv[1] === import.meta.filename) {
  const missing = lacking[process.argv[2] ?? '']?.() ?? [
    `A name of a suite: ${Object.keys(lacking).join(', ')}`,
  ];
  for (const sentence of missing) console.log(sentence);
  process.exitCode = missing.length === 0 ? 0 : 1;
}
