/** Whether a host is this machine itself, so that nobody on the network can listen. */

/** Takes an address, or a host name as in a URL, in which IPv6 is in brackets. */
export const isLoopback = (host: string): boolean =>
  /^(127\.\d+\.\d+\.\d+|::1|\[::1\]|localhost)$/.test(host);
