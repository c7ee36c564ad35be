/** Publishes to an SNS topic; does nothing if none is configured. A publish that takes too long fails. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';

export type Publish = (subject: string, message: object, signal: AbortSignal) => Promise<void>;

const timeouts = { connectionTimeout: 3000, requestTimeout: 5000, throwOnRequestTimeout: true };

export const openTopic = (topicArn: string): Publish => {
  if (topicArn === '') return async () => undefined;
  const client = new SNSClient({ maxAttempts: 2, requestHandler: timeouts });
  return async (subject, message, signal) => {
    await client.send(
      new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: JSON.stringify(message) }),
      { abortSignal: signal },
    );
  };
};
