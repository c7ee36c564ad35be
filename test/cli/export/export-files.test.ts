import { describe, expect, it } from 'vitest';
import { requireHonestName } from '#cli/export/export-files.ts';

describe('the name of an export', () => {
  it.each([
    ['acme.csv', false],
    ['acme.csv.gz', true],
    ['acme', true],
    [undefined, true],
    ['-', false],
  ])('%s is right for a file with gzip %s', (out, isGzipped) => {
    expect(() => requireHonestName(out, isGzipped)).not.toThrow();
  });

  it.each([
    ['acme.csv', true, 'must end in .gz, since the file is gzip; name it acme.csv.gz'],
    ['a/acme.ndjson', true, 'name it acme.ndjson.gz'],
    ['acme.csv.gz', false, 'ends in .gz, but the file is not gzip; leave out .gz, or export with --gzip'],
  ])('%s is wrong for a file with gzip %s', (out, isGzipped, message) => {
    expect(() => requireHonestName(out, isGzipped)).toThrow(message);
  });
});
