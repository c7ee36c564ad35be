/** What the embedded S3 answers if a request fails: the names and the statuses of the service. */
import { S3ServiceException } from '@aws-sdk/client-s3';
import { codeOf } from '#embedded/files.ts';
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

export const noSuchKey = (): S3ServiceException => exception(404, 'NoSuchKey', 'There is no such object');

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

/** Whether an error says that a key has no object: a part of it may also be the key of one (ENOTDIR). */
const isNoObject = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');

/** For `.catch`: undefined if the key has no object; every other error is thrown again. */
export const asNoObject = (error: unknown): undefined => {
  if (!isNoObject(error)) throw error;
};

/** To the caller, a disk that is full, read-only or failing looks like an S3 that is unavailable. */
export const asUnavailable = (error: unknown): never => {
  if (['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].includes(codeOf(error) ?? ''))
    throw exception(503, 'ServiceUnavailable', `The disk does not serve: ${(error as Error).message}`);
  throw error;
};
