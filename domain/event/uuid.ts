/** The form of a UUID. Small, so that the page can use it. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** In lowercase; of any version. */
export const isUuid = (text: string): boolean => uuid.test(text);
