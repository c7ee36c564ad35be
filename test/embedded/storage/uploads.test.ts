import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { isUploadCommand, Uploads } from '#embedded/storage/uploads.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const target = { Bucket: 'results', Key: 'k' };

describe('the uploads', () => {
  it('serve the commands of an upload, and no others', () => {
    expect(isUploadCommand(new CreateMultipartUploadCommand(target))).toBe(true);
    expect(isUploadCommand(new GetObjectCommand(target))).toBe(false);
  });

  it('keep an upload whose file could not get its key', async () => {
    let isTaken = true;
    const uploads = new Uploads(await temporaryDirectory(), {
      require: () => undefined,
      place: async () => {
        if (isTaken) throw new Error('taken');
        return '"etag"';
      },
    });
    const { UploadId } = (await uploads.serve(new CreateMultipartUploadCommand(target))) as {
      UploadId: string;
    };
    const part = { ...target, UploadId, PartNumber: 1 };
    const { ETag } = (await uploads.serve(new UploadPartCommand({ ...part, Body: Buffer.from('x') }))) as {
      ETag: string;
    };
    const complete = () =>
      uploads.serve(
        new CompleteMultipartUploadCommand({
          ...target,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
        }),
      );
    await expect(complete()).rejects.toThrow('taken');
    isTaken = false;
    expect(await complete()).toMatchObject({ ETag: '"etag"' });
    await expect(complete()).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });
});
