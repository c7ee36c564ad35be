/** The file that holds the key by which customers' tokens are signed, in the data directory. */
export const tokenKeyName = 'token-key';
