/** What a request may bring, in bytes of UTF-8 after inflating: what a Lambda can be handed, escaped or in base64. */

export const maxRequestBytes = 4 * 1024 * 1024;
/** How far ahead of this clock an event may lie: the emitter's clock is another. */
export const maxAheadMs = 15 * 60 * 1000;
export const maxRequestEvents = 10_000;
/** Of an event whose tokens stand without whitespace, after repair; what is larger is truncated (repair.ts). */
export const maxEventBytes = 256 * 1024;
