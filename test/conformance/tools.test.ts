import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { findCommand, findGo, findJava, lacking } from './tools.ts';

const makeJdk = async (home: string, version: string) => {
  await mkdir(join(home, 'bin'), { recursive: true });
  await writeFile(join(home, 'bin', 'java'), '');
  await writeFile(join(home, 'release'), `IMPLEMENTOR="X"\nJAVA_VERSION="${version}"\n`);
  return home;
};

describe('the tools of the conformance suites', () => {
  it('include the first JDK that is new enough: that of ANNALS_JAVA, of JAVA_HOME, or one of the system', async () => {
    const root = await temporaryDirectory();
    const system = join(root, 'jvm');
    const old = await makeJdk(join(system, 'a-17'), '17.0.2');
    expect(findJava({ JAVA_HOME: old }, system)).toBeUndefined();
    const ofSystem = await makeJdk(join(system, 'b-25'), '25.0.1');
    expect(findJava({ JAVA_HOME: old, ANNALS_JAVA: '' }, system)).toBe(ofSystem);
    const ofHome = await makeJdk(join(root, 'home'), '24');
    expect(findJava({ JAVA_HOME: ofHome }, system)).toBe(ofHome);
    const chosen = await makeJdk(join(root, 'chosen'), '26-ea');
    expect(findJava({ JAVA_HOME: ofHome, ANNALS_JAVA: chosen }, system)).toBe(chosen);
    expect(findJava({}, join(root, 'nothing'))).toBeUndefined();
  });

  it('include Go, if it is new enough, also if the command is a link', async () => {
    const root = await temporaryDirectory();
    await mkdir(join(root, 'go', 'bin'), { recursive: true });
    await mkdir(join(root, 'bin'));
    await writeFile(join(root, 'go', 'bin', 'go'), '');
    await symlink(join(root, 'go', 'bin', 'go'), join(root, 'bin', 'go'));
    const PATH = join(root, 'bin');
    expect(findGo({ PATH })).toBeUndefined();
    for (const [version, isTaken] of [
      ['1.19.8', false],
      ['1.24', false],
      ['1.25.0', true],
      ['2.0', true],
    ] as const) {
      await writeFile(join(root, 'go', 'VERSION'), `go${version}\ntime 2026-01-01T00:00:00Z\n`);
      expect(findGo({ PATH })).toBe(isTaken ? join(PATH, 'go') : undefined);
    }
    expect(lacking.runtime!({ PATH })).toContain('cmake (install the package cmake)');
  });

  it('are named with how to get them if they are not there', async () => {
    expect(findCommand('mvn', { PATH: await temporaryDirectory() })).toBeUndefined();
    expect(lacking.deploy!({ PATH: '' })).toContain(
      'Python 3.11 with pip (install python3.11 and python3-pip)',
    );
    expect(lacking.trino!({ PATH: '' })).toContain('Maven (install the package maven)');
    expect(lacking.s3!({ PATH: '' })).toEqual([
      'Go 1.25 or later (https://go.dev/dl, or the package golang)',
    ]);
  });
});
