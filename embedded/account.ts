/** The AWS account that an embedded installation stands for, and its roles. */

export const account = '000000000000';

/** The IAM role that stands for a token or a function; `printActor` takes its account and prefix off again. */
export const roleArn = (role: string): string => `arn:aws:iam::${account}:role/annals-${role}`;
