/** A certificate of this run alone. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type Certificate = { key: string; certificate: string };

/** Makes the root of an authority, and returns the paths of its two files. */
export const makeAuthority = async (folder: string): Promise<Certificate> => {
  const [key, certificate] = [join(folder, 'root.key'), join(folder, 'root.crt')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=A root of this run'],
    ...['-keyout', key, '-out', certificate],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'],
  ]);
  return { key, certificate };
};

/**
 * Makes a certificate for loopback and these names, and returns the paths of its two files. Without an authority it
 * signs itself.
 */
export const makeCertificate = async (
  folder: string,
  names: readonly string[] = [],
  authority?: Certificate,
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
    ...(authority ? ['-CA', authority.certificate, '-CAkey', authority.key] : []),
    ...extensions.flatMap(extension => ['-addext', extension]),
  ]);
  return { key, certificate };
};
