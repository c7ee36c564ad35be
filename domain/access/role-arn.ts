/**
 * The ARN of one IAM role. The conditions of policies would take a wildcard for any role, and a variable
 * (`${…}`) for a value of its caller, so neither is accepted.
 *
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
 */
const grammar = /^arn:aws[\w-]*:iam::\d{12}:role\/([\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/;

export const isRoleArn = (text: string): boolean => grammar.test(text);
