/**
 * Where the stack cannot be deployed: emitters send to a function URL, and AWS has none in these regions. In
 * partitions other than `aws` services have other names, which the policies of the key do not know. Lambda's
 * guide does not name mx-central-1, but CloudFormation has no AWS::Lambda::Url there; cfn-lint tells.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-urls.html
 */
export const regionsWithoutFunctionUrls: readonly string[] = [
  'ap-east-2',
  'ap-south-2',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-west-1',
  'eu-central-2',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
  'mx-central-1',
];

const otherPartitions = /^(cn|eusc|us-gov|us-iso[a-z]*|eu-iso[a-z]*)-/;

/** Why the stack cannot be deployed in a region; undefined if it can, or if the region is unknown. */
export const faultOfRegion = (region: string | undefined): string | undefined => {
  if (region === undefined) return undefined;
  if (otherPartitions.test(region))
    return `the region ${region} is of another partition; expected a region of the partition "aws"`;
  if (regionsWithoutFunctionUrls.includes(region))
    return (
      `the region ${region}: Lambda has no function URLs there, to which emitters send; ` +
      'choose another region'
    );
  return undefined;
};
