/**
 * Who calls, by what IAM vouches for. The session's name of an assumed role is chosen by whoever assumes it, so
 * it is left out: `arn:aws:sts::1:assumed-role/name/session` becomes `arn:aws:iam::1:role/name`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
export const principalOfArn = (arn: string): string => {
  const match = /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\/.+$/.exec(arn);
  return match ? `arn:${match[1]}:iam::${match[2]}:role/${match[3]}` : arn;
};

/**
 * The name of an assumed role's session, which whoever assumes the role chooses; undefined if the ARN is not
 * of one.
 */
export const sessionOfArn = (arn: string): string | undefined =>
  /^arn:[\w-]+:sts::\d+:assumed-role\/[^/]+\/(.+)$/.exec(arn)?.[1];

/** A principal as customers see it: the name of a role or a user, without the account that it is of. */
export const printPrincipal = (principal: string): string =>
  principal.replace(/^arn:[\w-]+:iam::\d+:(?:role|user)\//, '');

/**
 * Who acted, for an operator to read: the name if there is one (see `printIdentity`), else the short name of the role
 * and the id of the key. An embedded installation's roles have the account 000000000000 and the prefix `annals-`.
 */
export const printActor = (identity: string): string =>
  / \((.*)\)$/s.exec(identity)?.[1] ??
  printPrincipal(identity.replace(/^arn:aws:iam::0{12}:role\/annals-/, ''));

/** Whether a principal is one of these roles; a role's path is not part of what STS tells of its sessions. */
export const isOneOf = (principal: string, roleArns: readonly string[]): boolean =>
  roleArns.some(arn => arn.replace(/:role\/.*\//, ':role/') === principal);
