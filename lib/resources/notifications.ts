/** The topic that the ends of exports are published to: the company's own or one that is made here. */
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { encryption, type Permission } from '#lib/function/permission.ts';
import type { Settings } from '#lib/settings.ts';

export type NotificationsProps = { key: IKey; settings: Settings };

export class Notifications extends Construct {
  readonly topic: ITopic;
  /** The key of the topic; undefined if the company's own is not encrypted, or with a key that we were not given. */
  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, { key, settings }: NotificationsProps) {
    super(scope, id);
    const { notificationTopic, notificationKey } = settings;
    this.#key =
      notificationTopic === undefined
        ? key
        : notificationKey === undefined
          ? undefined
          : Key.fromKeyArn(this, 'TopicKey', notificationKey);
    this.topic =
      notificationTopic === undefined
        ? new Topic(this, 'Topic', { masterKey: key, enforceSSL: true })
        : Topic.fromTopicArn(this, 'Topic', notificationTopic);
  }

  publishes(): Permission[] {
    return [
      { actions: ['sns:Publish'], resources: [this.topic.topicArn] },
      ...(this.#key ? [encryption(this.#key, ['kms:Decrypt', 'kms:GenerateDataKey'], ['sns'])] : []),
    ];
  }
}
