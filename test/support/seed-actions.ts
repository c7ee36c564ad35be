/** The actions of CircleCI's audit log, as its documentation lists them. */
export const seedActions = [
  'context.create',
  'context.delete',
  'context.env_var.delete',
  'context.env_var.store',
  'project.env_var.create',
  'project.env_var.delete',
  'project.settings.update',
  'user.create',
  'user.logged_in',
  'user.logged_out',
  'workflow.job.approve',
  'workflow.job.finish',
  'workflow.job.scheduled',
  'workflow.job.start',
] as const;
