/**
 * The ARN of one IAM role. A wildcard would be taken for any role by the conditions of policies, and a variable
 * (`${…}`) for whatever its caller has, so neither is one.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
 */
const grammar = /^arn:aws[\w-]*:iam::\d{12}:role\/([\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/;

export const isRoleArn = (text: string): boolean => grammar.test(text);
