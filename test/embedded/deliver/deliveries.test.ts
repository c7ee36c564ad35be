import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

const filesBelow = async (root: string): Promise<string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));

describe('an embedded installation', () => {
  it('delivers what it acknowledges into a directory, each event in one file', async () => {
    const { call, post, data } = await startServer();
    const path = '/v1/scopes/acme/deliveries/archive';
    const body = JSON.stringify({ destination: { type: 'directory', path: 'acme' } });
    const made = await call('operator', path, { method: 'PUT', body });
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ state: 'pending' });
    const test = await call('operator', `${path}/test`, { method: 'POST' });
    expect(await test.json()).toMatchObject({ ok: true });
    const { events } = await post(`[${eventText({ id: undefined })},${eventText({ id: undefined })}]`);
    const ids = await vi.waitFor(
      async () => {
        const files = await filesBelow(join(data, 'deliveries'));
        const lines = await Promise.all(
          files
            .filter(file => file.endsWith('.ndjson.gz'))
            .map(async file =>
              gunzipSync(await readFile(file))
                .toString()
                .trimEnd()
                .split('\n'),
            ),
        );
        const found = lines.flat().map(line => (JSON.parse(line) as { id: string }).id);
        for (const { id } of events) expect(found.filter(each => each === id)).toHaveLength(1);
        expect(files.some(file => file.endsWith('-manifest.json'))).toBe(true);
        return found;
      },
      { timeout: 20_000, interval: 50 },
    );
    expect(new Set(ids).size).toBe(ids.length);
    const shown = (await (await call('operator', path)).json()) as {
      state: string;
      health: { runs: number };
    };
    expect(shown.state).toBe('active');
    expect(shown.health.runs).toBeGreaterThan(0);
  });
});
