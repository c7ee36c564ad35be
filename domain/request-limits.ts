/** What a request may bring, in bytes of UTF-8 after inflating: what a Lambda can be handed, escaped or in base64. */

export const maxRequestBytes = 4 * 1024 * 1024;
export const maxRequestEvents = 500;
export const maxEventBytes = 256 * 1024;
