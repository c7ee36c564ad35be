/**
 * The size limit of a request in bytes of UTF-8 after inflating: what a Lambda can receive, escaped or in
 * base64.
 */

export const maxRequestBytes = 4 * 1024 * 1024;
/** How far an event may be ahead of this clock, since the sender's clock may differ. */
export const maxAheadMs = 15 * 60 * 1000;
export const maxRequestEvents = 10_000;

/**
 * An ARN has at most 2,048 characters.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const maxSenderCharacters = 2048;
export const senderGrammar = /^[\x21-\x7e]{1,2048}$/;
/** The code of a refusal, as a filter names it. */
export const refusalCodeGrammar = /^[a-z0-9_]{1,64}$/;
