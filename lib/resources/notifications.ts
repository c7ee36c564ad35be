/** The topic that the ends of exports are published to: the company's own or one that is made here. */
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { encryption, type Permission } from '#lib/function/permission.ts';
import type { Settings } from '#lib/settings.ts';

export type NotificationsProps = { key: IKey; settings: Settings };

export class Notifications extends Construct {
  readonly topic: ITopic;
  readonly #key: IKey;

  constructor(scope: Construct, id: string, { key, settings }: NotificationsProps) {
    super(scope, id);
    this.#key = key;
    this.topic =
      settings.notificationTopic === undefined
        ? new Topic(this, 'Topic', { masterKey: key, enforceSSL: true })
        : Topic.fromTopicArn(this, 'Topic', settings.notificationTopic);
  }

  publishes(): Permission[] {
    return [
      { actions: ['sns:Publish'], resources: [this.topic.topicArn] },
      encryption(this.#key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['sns']),
    ];
  }
}
