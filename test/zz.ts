import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { bucketOf } from '#domain/archive/bucket.ts';
import { objectKey } from '#domain/archive/layout.ts';
import { filedRowBytes, fileRow } from '#domain/archive/row.ts';
import { readGroups, sourceOf } from '#domain/compact/segment-file.ts';
import { SegmentMaker } from '#domain/compact/segment-maker.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { rowOf } from '../bench/archive.ts';

const n = Number(process.argv[2] ?? 50000),
  per = 1000;
const groups = (process.argv[3] ?? '10000').split(',').map(Number);
const dir = '/tmp/work/compact-bench';
rmSync(dir, { recursive: true, force: true });
const base = Date.parse('2026-11-20T00:00:00Z');
const scopes = Array.from({ length: 2000 }, (_, i) => `scope-${i}`)
  .filter(s => bucketOf(s, 32) === 5)
  .slice(0, 30);
console.log(scopes.length);
const objects: [string, Buffer][] = [];
const step = Math.floor(86_000_000 / n);
for (let at = 0; at < n; at += per) {
  const parts: Buffer[] = [];
  for (let i = at; i < Math.min(n, at + per); i++) {
    const line = Buffer.from(rowOf(i, scopes[(i * 7) % 30]!, base + i * step));
    const out = Buffer.alloc(filedRowBytes(line));
    fileRow(out, 0, line, instantOfMilliseconds(base + i * step + 500));
    parts.push(out);
  }
  const text = Buffer.concat(parts);
  const key = objectKey({
    lane: 'ontime',
    bucket: 5,
    firstFiledAt: instantOfMilliseconds(base + at * step + 500),
    stream: 's',
    shard: 'shardId-000000000000',
    firstSequence: String(at + 1),
    lastSequence: String(at + per),
    textSha256: createHash('sha256').update(text).digest('hex'),
  });
  objects.push([key, gzipSync(text)]);
  const p = `${dir}/${key}`;
  mkdirSync(p.slice(0, p.lastIndexOf('/')), { recursive: true });
  writeFileSync(p, objects.at(-1)![1]);
}
for (const g of groups) {
  const maker = new SegmentMaker(32, g);
  let t = performance.now();
  const t0 = t;
  let bytes = 0;
  for (const [key, b] of objects) {
    const r = maker.add(key, b);
    if ('fault' in r) throw new Error(r.fault);
    bytes += r.textBytes;
  }
  const ta = performance.now() - t;
  t = performance.now();
  const made = maker.make(objects.length);
  const tm = performance.now() - t;
  t = performance.now();
  const sum = await maker.sum(made.bytes);
  const ts = performance.now() - t;
  if (sum.rows_sum !== made.rows_sum) throw new Error('sum');
  const total = performance.now() - t0;
  console.log({
    g,
    add: ta | 0,
    make: tm | 0,
    sum: ts | 0,
    rows_s: Math.round((n / total) * 1000),
    bytes_row: made.bytes.length / n,
    text_row: bytes / n,
    rss: (process.memoryUsage().rss / 1e6) | 0,
  });
  for (const cols of [['occurred_at', 'id', 'action', 'actor_id'], ['payload'], undefined]) {
    t = performance.now();
    for await (const _ of readGroups(sourceOf(made.bytes), {
      ...(cols ? { columns: cols } : {}),
      groups: [1],
    }));
    console.log(cols?.join() ?? 'all', 'one group', (performance.now() - t).toFixed(0));
  }
}
const i = await DuckDBInstance.create(':memory:', { threads: '2' });
const c = await i.connect();
const cols = (await import('#domain/archive/columns.ts')).columns
  .map(({ name, type }) => `'${name}': '${type.toUpperCase()}'`)
  .join(', ');
for (const codec of ['gzip', 'zstd']) {
  const t = performance.now();
  await c.run(
    `copy (select * from read_json('${dir}/**/*.json.gz', format='newline_delimited', columns={${cols}}) order by scope_id, occurred_at, id, filed_at) to '${dir}/d.parquet' (format parquet, codec '${codec}', row_group_size 10000)`,
  );
  const d = performance.now() - t;
  console.log('duckdb', codec, d | 0, Math.round((n / d) * 1000), statSync(`${dir}/d.parquet`).size / n);
}
