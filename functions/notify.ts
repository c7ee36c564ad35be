/** Tells the topic of the installation how the runs of schedules ended. */
import { openTopic } from '#aws/topic.ts';
import { notificationOf } from '#domain/notification.ts';
import type { Notify } from './advance.ts';

export const topicNotifier = (topicArn: string): Notify => {
  const publish = openTopic(topicArn);
  return async (job, outcome) => {
    const notification = notificationOf(job, outcome);
    if (notification) await publish(notification.subject, notification.message);
  };
};
