/** The engines that the conformance suites fetch, each pinned here and nowhere else. */
export const versions = {
  /** Athena engine version 3 belongs to Trino's family. https://trino.io/docs/current/release/release-476.html */
  trino: '476',
} as const;
