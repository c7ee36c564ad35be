/** What AWS would assign: the account that an embedded installation stands for, its roles, its event source. */

export const account = '000000000000';

/** The IAM role that stands for a token or a function; `printActor` takes its account and prefix off again. */
export const roleArn = (role: string): string => `arn:aws:iam::${account}:role/annals-${role}`;

/** Names the event source in the keys of what it gives up on. */
export const eventSourceId = '00000000-0000-4000-8000-000000000000';
