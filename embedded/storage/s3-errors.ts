/** What the embedded S3 answers if a request fails: the names and the statuses of the service. */
import { S3ServiceException } from '@aws-sdk/client-s3';
import { codeOf, isAbsent } from '#embedded/files.ts';
import { UploadRefused } from './multipart-upload.ts';

export const exception = (status: number, name: string, message: string): S3ServiceException =>
  new S3ServiceException({
    name,
    message,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
  });

export const preconditionFailed = (): S3ServiceException =>
  exception(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');

export const asBadRequest = (error: unknown): never => {
  if (error instanceof UploadRefused) throw exception(400, error.name, error.message);
  throw error;
};

export const asPrecondition = (error: unknown): never => {
  if (codeOf(error) === 'EEXIST') throw preconditionFailed();
  return asConflict(error);
};

export const asConflict = (error: unknown): never => {
  if (['ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY'].includes(codeOf(error) ?? ''))
    throw exception(400, 'InvalidArgument', 'A key cannot be both an object and a folder of others here');
  throw error;
};

export const asMissing = (error: unknown): never => {
  if (isAbsent(error)) throw exception(404, 'NoSuchKey', 'There is no such object');
  throw error;
};

/** To the caller, a disk that is full, read-only or failing looks like an S3 that is unavailable. */
export const asUnavailable = (error: unknown): never => {
  if (['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].includes(codeOf(error) ?? ''))
    throw exception(503, 'ServiceUnavailable', `The disk does not serve: ${(error as Error).message}`);
  throw error;
};
