import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { downloadLinks } from '#aws/download-link.ts';

describe('a link to download an object', () => {
  it('names the object, and is signed for its seconds', async () => {
    const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };
    const s3 = new S3Client({ region: 'eu-west-1', credentials });
    const url = new URL(await downloadLinks(s3, 'results', 300)('exports/e-1/0/audit-log.csv'));
    expect(url.hostname).toBe('results.s3.eu-west-1.amazonaws.com');
    expect(url.pathname).toBe('/exports/e-1/0/audit-log.csv');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('300');
    expect(url.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
  });
});
