/** The errors of Athena, by the names that the service gives them. */
import { AthenaServiceException } from '@aws-sdk/client-athena';

export const invalid = (message: string): AthenaServiceException =>
  exception('InvalidRequestException', message);

export const exception = (name: string, message: string): AthenaServiceException =>
  new AthenaServiceException({
    name,
    message,
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });
