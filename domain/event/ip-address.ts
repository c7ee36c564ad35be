/**
 * How the address of a request is written: IPv4 dotted, even if it came mapped into IPv6; IPv6 as in RFC
 * 5952.
 */
import ipaddr from 'ipaddr.js';

/** The greatest number of characters of an address, with the longest name of a zone that systems give. */
const maxCharacters = 80;

/** IPv4 in four decimal parts, or any IPv6 text of RFC 4291. */
export const isIpAddress = (text: string): boolean =>
  text.length <= maxCharacters && (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text));

/** The address in its one form; undefined if it is not an address. */
export const printIpAddress = (text: string): string | undefined => {
  if (!isIpAddress(text)) return undefined;
  const address = ipaddr.process(text);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
};
