/** Every action of this catalogue. Made by "annals catalogue build" from the files of the actions; do not edit. */
import { action as $audit_log$admin$grant } from '../actions/audit_log.admin.grant.ts';
import { action as $audit_log$admin$revoke } from '../actions/audit_log.admin.revoke.ts';
import { action as $audit_log$export$complete } from '../actions/audit_log.export.complete.ts';
import { action as $audit_log$export$download } from '../actions/audit_log.export.download.ts';
import { action as $audit_log$export$fail } from '../actions/audit_log.export.fail.ts';
import { action as $audit_log$export$request } from '../actions/audit_log.export.request.ts';
import { action as $audit_log$refused$dismiss } from '../actions/audit_log.refused.dismiss.ts';
import { action as $audit_log$refused$purge } from '../actions/audit_log.refused.purge.ts';
import { action as $audit_log$refused$resend } from '../actions/audit_log.refused.resend.ts';
import { action as $audit_log$refused$show } from '../actions/audit_log.refused.show.ts';
import { action as $audit_log$schedule$create } from '../actions/audit_log.schedule.create.ts';
import { action as $audit_log$schedule$delete } from '../actions/audit_log.schedule.delete.ts';
import { action as $audit_log$schedule$pause } from '../actions/audit_log.schedule.pause.ts';
import { action as $audit_log$schedule$update } from '../actions/audit_log.schedule.update.ts';
import { action as $context$create } from '../actions/context.create.ts';
import { action as $context$delete } from '../actions/context.delete.ts';
import { action as $context$env_var$delete } from '../actions/context.env_var.delete.ts';
import { action as $context$env_var$store } from '../actions/context.env_var.store.ts';
import { action as $project$env_var$create } from '../actions/project.env_var.create.ts';
import { action as $project$env_var$delete } from '../actions/project.env_var.delete.ts';
import { action as $project$settings$update } from '../actions/project.settings.update.ts';
import { action as $user$create } from '../actions/user.create.ts';
import { action as $user$logged_in } from '../actions/user.logged_in.ts';
import { action as $user$logged_out } from '../actions/user.logged_out.ts';
import { action as $workflow$job$approve } from '../actions/workflow.job.approve.ts';
import { action as $workflow$job$finish } from '../actions/workflow.job.finish.ts';
import { action as $workflow$job$scheduled } from '../actions/workflow.job.scheduled.ts';
import { action as $workflow$job$start } from '../actions/workflow.job.start.ts';

export const actions = [
  $audit_log$admin$grant,
  $audit_log$admin$revoke,
  $audit_log$export$complete,
  $audit_log$export$download,
  $audit_log$export$fail,
  $audit_log$export$request,
  $audit_log$refused$dismiss,
  $audit_log$refused$purge,
  $audit_log$refused$resend,
  $audit_log$refused$show,
  $audit_log$schedule$create,
  $audit_log$schedule$delete,
  $audit_log$schedule$pause,
  $audit_log$schedule$update,
  $context$create,
  $context$delete,
  $context$env_var$delete,
  $context$env_var$store,
  $project$env_var$create,
  $project$env_var$delete,
  $project$settings$update,
  $user$create,
  $user$logged_in,
  $user$logged_out,
  $workflow$job$approve,
  $workflow$job$finish,
  $workflow$job$scheduled,
  $workflow$job$start,
];
