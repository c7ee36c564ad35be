/** The events of the benchmarks: about 800 bytes each, the same in every run. */

const hex = (n: number, digits: number): string =>
  (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(digits, '0').slice(0, digits);

/** Event number n of a scope, as an object of the shape that a service sends. */
export const benchEvent = (
  n: number,
  scope = 'acme',
  occurredAtMs = 1_760_000_000_000 + n * 1000,
): Record<string, unknown> => ({
  action: ['context.env_var.store', 'workflow.job.start', 'project.settings.update', 'user.logged_in'][n % 4],
  actor: { id: `u-${hex(n % 997, 8)}`, type: 'user', name: `User number ${n % 997}` },
  target: { id: `p-${hex(n % 89, 8)}`, type: 'project', name: `project-${n % 89}` },
  payload: {
    workflow: { id: `${hex(n, 8)}-${hex(n * 3, 8)}`, name: 'build-and-deploy', attempt: 1 + (n % 3) },
    branch: `feature/some-change-${n % 50}`,
    changes: [
      { field: 'timeout', before: 600, after: 900 },
      { field: 'parallelism', before: n % 8, after: (n % 8) + 1 },
    ],
    commit: `${hex(n, 8)}${hex(n * 5, 8)}${hex(n * 7, 8)}`,
    message: 'Raise the timeout of the deploy job, since the cluster takes longer now',
  },
  occurred_at: new Date(occurredAtMs).toISOString(),
  id: `${hex(n, 8)}-${hex(n * 3, 4)}-4${hex(n * 5, 3)}-8${hex(n * 7, 3)}-${String(n).padStart(12, '0')}`,
  scope: { id: scope, type: 'account', name: 'Acme Incorporated' },
  success: n % 11 !== 0,
  request: { id: `r-${hex(n * 11, 8)}`, ip_address: `192.0.2.${n % 250}`, client_trace_id: hex(n * 13, 8) },
});
