import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curlOf, quoteForShell } from '#web/event/curl.ts';

describe('a command for a shell', () => {
  it('has its arguments as they are, whatever is in them', () => {
    const arguments_ = fc.sample(
      fc.string({ unit: 'grapheme' }).filter(text => !text.includes('\0')),
      200,
    );
    const tricky = ["'", "'; rm -rf /; '", '$(id)', '`id`', '"', '\\', '\n', '-n', '', '!x', '~', '*'];
    const all = [...arguments_, ...tricky];
    const script = all.map(text => `printf '%s\\0' ${quoteForShell(text)}`).join('\n');
    expect(execFileSync('/bin/sh', { input: script }).toString().split('\0').slice(0, -1)).toEqual(all);
  });

  it('holds the name of the token, and not the token', () => {
    expect(curlOf('https://audit.example/v1/events/search', { id: ["it's"] })).toBe(
      `curl -H "Authorization: Bearer $ANNALS_TOKEN" -H 'Content-Type: application/json' ` +
        `--data-binary '{"id":["it'\\''s"]}' https://audit.example/v1/events/search`,
    );
  });
});
