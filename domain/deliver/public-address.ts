/**
 * Which addresses a delivery may connect to. A customer chooses the URL, and must not reach what only Annals can
 * reach: this machine, its network, or the metadata service of its cloud.
 */
import ipaddr from 'ipaddr.js';

/** Global unicast, RFC 4291 section 2.5.4; what else has that prefix and is special, ipaddr.js knows. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Where clouds hand out the credentials of a machine, and what else only it may ask. A network that the operator
 * allows does not include them: each has to be named itself.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 * https://docs.cloud.google.com/compute/docs/metadata/querying-metadata
 * https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16
 * https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
 */
const metadataServices: readonly string[] = [
  '169.254.169.254',
  'fd00:ec2::254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::23',
  'fd20:ce::254',
  '168.63.129.16',
  '100.100.100.200',
];

/** `allowed` has the networks that the operator allows besides, as CIDR. Expects an address without a zone. */
export const mayConnectTo = (text: string, allowed: readonly string[] = []): boolean => {
  if (!ipaddr.isValid(text)) return false;
  // An IPv4 address that came mapped into IPv6 is judged as what it is.
  const address = ipaddr.process(text);
  const isMetadata = metadataServices.includes(address.toString());
  const isAllowed = allowed.some(network => {
    const [base, bits] = ipaddr.parseCIDR(network);
    if (isMetadata && bits < (base.kind() === 'ipv4' ? 32 : 128)) return false;
    return base.kind() === address.kind() && address.match(base, bits);
  });
  if (isAllowed) return true;
  if (isMetadata) return false;
  if (address.range() !== 'unicast') return false;
  return !(address instanceof ipaddr.IPv6) || address.match(globalUnicast);
};
