/**
 * The commands of docs/operate.md, each of them and in their order, on a machine of its own: machine.sh. What they
 * are to have done is checked after the section that they are in.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/temporary.ts';

const root = join(import.meta.dirname, '..', '..');

const event = (scope: string, more = '') =>
  `{"action":"context.create","actor":{"id":"u-17","type":"user"},"target":{"id":"c-1","type":"context"},` +
  `"scope":{"id":"${scope}","type":"account"},"success":true${more}}`;
const https = 'curl -sS --resolve audit.example.com:443:127.0.0.1 --cacert /etc/ssl/annals/fullchain.pem';
const post = `-H "Authorization: Bearer $KEY" -H 'Content-Type: application/x-ndjson'`;
/** Sends a body of some events of some bytes; prints the status, and what was answered. */
const large = (events: number, bytes: number) =>
  `node -e 'const e=${JSON.stringify(event('large'))};for(let i=0;i<${events};i++)` +
  `console.log(e.replace("{",\`{"payload":{"text":"\${"x".repeat(${bytes})}"},\`))' > large.ndjson
${https} -o answer -w '%{http_code}' ${post} --data-binary @large.ndjson https://audit.example.com/v1/events > status`;

/** What holds after a section, in the shell of its commands. */
const checks: Record<string, string> = {
  'Install it as a service': `
annals events --scope acme | grep -q context.create
pid=$(cat $UNITS/annals.service.pid)
[ "$(ps -o user= -p $pid)" = annals ]
grep -q '^NoNewPrivs:.1$' /proc/$pid/status
grep -q '^CapBnd:.0*$' /proc/$pid/status
[ "$(stat -c '%U %a' /var/lib/annals)" = 'annals 700' ]
[ "$(stat -c %U /var/lib/annals/keys.json)" = annals ]
curl -sS http://127.0.0.1:8787/metrics | grep -q '^annals_accepted_events_total 1$'
curl -sS --retry 60 --retry-delay 1 --retry-all-errors --fail http://127.0.0.1:8787/ | grep -qi '<!doctype html>'`,
  'Behind nginx': `
curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' --resolve audit.example.com:80:127.0.0.1 \\
  http://audit.example.com/x |
  grep -q '^301 https://audit.example.com/x$'
# The address of the caller is neither that of nginx nor what the caller says.
${https} --fail --interface 127.0.0.2 -H 'X-Forwarded-For: 203.0.113.9' ${post} \\
  -d '${event('addresses')}' https://audit.example.com/v1/events
annals events --scope addresses --json | grep -q 127.0.0.2
if annals events --scope addresses --json | grep -q 203.0.113.9; then exit 1; fi
${large(150, 26_000)}
[ "$(cat status)" = 202 ]
${large(300, 26_000)}
[ "$(cat status)" = 413 ]
grep -q '"status":413,"code":' answer
${large(400, 26_000)}
[ "$(cat status)" = 413 ]
[ "$(${https} -o /dev/null -w '%{http_code}' https://audit.example.com/metrics)" = 404 ]
${https} --fail https://audit.example.com/ | grep -qi '<!doctype html>'`,
  'Watch it': `
curl -sS http://127.0.0.1:8787/metrics -H "Authorization: Bearer $(cat /etc/annals/metrics-token)" > metrics
[ "$(curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1:8787/metrics)" = 401 ]
/usr/bin/python3 - <<'END'
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = {family.name: family for family in text_string_to_metric_families(open('metrics').read())}
assert families['annals_accepted_events'].samples[0].value > 150, families
assert families['annals_filing_lag_seconds'].unit == 'seconds'
print(len(families), 'families')
END`,
  'Back it up': `
[ "$(annals backup /var/backups/annals --list --json | node -p 'JSON.parse(fs.readFileSync(0)).backups.length')" = 2 ]`,
  'Restore it': `
annals events --scope acme | grep -q context.create
[ "$(annals gaps --json | node -p 'JSON.parse(fs.readFileSync(0)).length')" = 0 ]
annals check`,
  Keys: `
NEW=$(annals key add --name billing --role emitter | tail -n 1)
sleep 1
curl -sS --fail http://127.0.0.1:8787/v1/events -H "Authorization: Bearer $NEW" \\
  -H 'Content-Type: application/json' -d '${event('acme')}'
curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1:8787/v1/events ${post} -d '${event('acme')}' | grep -q 401`,
  'Upgrade, and go back': '[ -d /opt/annals-new ] && [ ! -e /opt/annals-old ]',
  'Remove it': '[ ! -e $UNITS/annals.service.pid ] && [ -e /var/lib/annals/keys.json ]',
};

it('docs/operate.md can be followed literally, from an empty machine to its removal', async () => {
  for (const [path, name] of [
    ['/usr/sbin/nginx', 'nginx-light'],
    ['/usr/bin/systemd-analyze', 'systemd'],
    ['/usr/lib/python3/dist-packages/prometheus_client', 'python3-prometheus-client'],
  ] as const)
    if (!existsSync(path)) throw new Error(`There is no ${path}: install it with "apt-get install ${name}"`);
  const folder = await temporaryDirectory();
  const work = join(folder, 'machine');
  await mkdir(work);
  const page = await readFile(join(root, 'docs/operate.md'), 'utf8');
  const script: string[] = [];
  const left = new Set(Object.keys(checks));
  for (const section of page.split('\n## ').slice(1)) {
    const heading = section.slice(0, section.indexOf('\n'));
    for (const [, block] of section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)) script.push(block!);
    script.push(`echo '=== ${heading}'`, checks[heading] ?? '');
    left.delete(heading);
  }
  expect([...left], 'a check without its section').toEqual([]);
  const file = join(folder, 'page.sh');
  await writeFile(file, ['set -x', ...script].join('\n'));
  const machine = join(import.meta.dirname, 'machine.sh');
  const flags = [
    '--mount',
    '--net',
    '--pid',
    '--mount-proc',
    '--fork',
    '--kill-child',
    '--propagation',
    'private',
  ];
  const child = spawn('unshare', [...flags, 'bash', machine, root, work, file]);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const [code] = (await once(child, 'close')) as [number];
  expect(code, said.slice(-6000)).toBe(0);
  expect(said).toMatch(/\d+ families/);
});
