/** nginx as people put it in front of the server: TLS, and the page below a path. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '#test/support/temporary.ts';

const executable = '/usr/sbin/nginx';

type Front = {
  port: number;
  /** The path below which the page is, without a final slash. */
  path: string;
  /** The URL of the server behind it. */
  upstream: string;
};

const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

const configuration = (folder: string, { port, path, upstream }: Front): string => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${places.map(place => `${place}_temp_path ${folder}/${place};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/certificate.pem;
    ssl_certificate_key ${folder}/key.pem;
    location ${path}/ {
      proxy_pass ${upstream}/;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;

/** Starts it in a folder of its own; it ends with the test. */
export const startNginx = async (front: Front): Promise<void> => {
  if (!existsSync(executable))
    throw new Error(`There is no ${executable}: install it with "apt-get install nginx-light"`);
  const folder = await temporaryDirectory();
  const selfSigned = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost'.split(' ');
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'certificate.pem')];
  execFileSync('openssl', [...selfSigned, ...files], { stdio: 'ignore' });
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, front));
  const nginx = spawn(executable, ['-c', file, '-p', folder, '-e', join(folder, 'error.log')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(nginx, 'exit');
  onTestFinished(async () => {
    nginx.kill();
    await ended;
  });
};
