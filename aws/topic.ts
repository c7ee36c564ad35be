/** Tells a topic of SNS; where there is none, nobody is told. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';

export type Publish = (subject: string, message: object) => Promise<void>;

export const openTopic = (topicArn: string): Publish => {
  if (topicArn === '') return async () => undefined;
  const client = new SNSClient({});
  return async (subject, message) => {
    await client.send(
      new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: JSON.stringify(message) }),
    );
  };
};
