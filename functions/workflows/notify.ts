/** Publishes notices to the topic of the installation. */
import { openTopic } from '#aws/topic.ts';
import type { SendNotice } from './deliver-notices.ts';

export const topicSender = (topicArn: string): SendNotice => {
  const publish = openTopic(topicArn);
  return ({ subject, message }, signal) => publish(subject, message, signal);
};
