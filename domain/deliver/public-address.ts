/**
 * Which addresses a delivery may connect to. A customer chooses the URL, and must not reach what only Annals can
 * reach: this machine, its network, or the metadata service of its cloud.
 */
import ipaddr from 'ipaddr.js';

/** Global unicast, RFC 4291 section 2.5.4; what else has that prefix and is special, ipaddr.js knows. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** `allowed` has the networks that the operator allows besides, as CIDR. Expects an address without a zone. */
export const mayConnectTo = (text: string, allowed: readonly string[] = []): boolean => {
  if (!ipaddr.isValid(text)) return false;
  // An IPv4 address that came mapped into IPv6 is judged as what it is.
  const address = ipaddr.process(text);
  const isAllowed = allowed.some(network => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === address.kind() && address.match(base, bits);
  });
  if (isAllowed) return true;
  if (address.range() !== 'unicast') return false;
  return !(address instanceof ipaddr.IPv6) || address.match(globalUnicast);
};
