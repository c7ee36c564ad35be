/** A certificate of this run alone. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type Certificate = { key: string; certificate: string };

/** Makes a certificate for loopback and these names, and returns the paths of its two files. */
export const makeCertificate = async (
  folder: string,
  names: readonly string[] = [],
): Promise<Certificate> => {
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  const alternatives = ['IP:127.0.0.1', 'DNS:localhost', ...names.map(name => `DNS:${name}`)];
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'extendedKeyUsage=serverAuth',
    `subjectAltName=${alternatives.join(',')}`,
  ];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
    ...['-keyout', key, '-out', certificate],
    ...extensions.flatMap(extension => ['-addext', extension]),
  ]);
  return { key, certificate };
};
