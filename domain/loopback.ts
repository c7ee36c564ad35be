/** Whether a host is this machine alone: what goes there cannot be listened to on the way. */

/** An address, or a host name as in a URL, where IPv6 stands in brackets. */
export const isLoopback = (host: string): boolean =>
  /^(127\.\d+\.\d+\.\d+|::1|\[::1\]|localhost)$/.test(host);
