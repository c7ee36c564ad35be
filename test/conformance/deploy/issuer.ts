/**
 * A small OpenID issuer on loopback: its discovery document, its keys, and tokens of its making. API Gateway
 * asks for nothing else.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Certificate, makeCertificate } from './certificate.ts';

export type Token = {
  sub: string;
  org: string;
  audience: string;
  /** Seconds from now. */
  expiresIn?: number;
  issuer?: string;
};

export type Issuer = {
  url: string;
  certificate: string;
  /** The paths that were asked for, in order. */
  asked: string[];
  sign(token: Token): Promise<string>;
  /** A token with the name of the issuer's key, but signed by another one. */
  forge(token: Token): Promise<string>;
  stop(): Promise<void>;
};

const keyId = 'key-1';
const algorithm = 'RS256';

/** Starts an issuer; its certificate is in `folder`. */
export const startIssuer = async (folder: string): Promise<Issuer> => {
  const files: Certificate = await makeCertificate(folder);
  const own = await generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await exportJWK(own.publicKey)), kid: keyId, alg: algorithm, use: 'sig' };
  const asked: string[] = [];
  const [key, cert] = [await readFile(files.key), await readFile(files.certificate)];
  const server = createServer({ key, cert }, ({ url: path = '' }, response) => {
    asked.push(path);
    const body = documents()[path];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const documents = (): Record<string, object> => ({
    '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
    '/keys': { keys: [jwk] },
  });
  const signWith = (privateKey: CryptoKey, { sub, org, audience, expiresIn = 300, issuer = url }: Token) => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ org })
      .setProtectedHeader({ alg: algorithm, kid: keyId })
      .setIssuer(issuer)
      .setSubject(sub)
      .setAudience(audience)
      .setIssuedAt(now + Math.min(0, expiresIn) - 1)
      .setExpirationTime(now + expiresIn)
      .sign(privateKey);
  };
  return {
    url,
    certificate: files.certificate,
    asked,
    sign: token => signWith(own.privateKey, token),
    forge: async token => signWith((await generateKeyPair(algorithm)).privateKey, token),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
