/** The engines that the conformance suites fetch, each pinned here and nowhere else. */
export const versions = {
  /** Athena engine version 3 belongs to Trino's family. https://trino.io/docs/current/release/release-476.html */
  trino: '476',
  /** requirements.txt of the suite pins what it needs. https://pypi.org/project/ministack/ */
  ministack: '1.5.33',
  /** Lambda's runtime nodejs24.x. */
  node: '24.21.0',
} as const;
