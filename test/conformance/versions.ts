/** The engines that the conformance suites fetch, each pinned here and nowhere else. */
export const versions = {
  /** Athena engine version 3 belongs to Trino's family. https://trino.io/docs/current/release/release-476.html */
  trino: '476',
  /** requirements.txt of the suite pins what it needs. https://pypi.org/project/ministack/ */
  ministack: '1.5.33',
  /** Lambda's runtime nodejs24.x. */
  node: '24.21.0',
  /** AWS's runtime client, as Lambda's runtime has it. https://www.npmjs.com/package/aws-lambda-ric */
  lambdaClient: '4.0.2',
  /** An S3 server over folders, with conditional writes. https://github.com/versity/versitygw */
  versitygw: '1.8.0',
  /** cfn-lint-requirements.txt pins what it needs. https://pypi.org/project/cfn-lint/ */
  cfnLint: '1.58.0',
} as const;
