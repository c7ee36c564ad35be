/** Every action of this catalogue. Made by "annals catalogue build" from the files of the actions; do not edit. */
import { action as $audit_log$admin$grant } from '../actions/audit_log.admin.grant.ts';
import { action as $audit_log$admin$revoke } from '../actions/audit_log.admin.revoke.ts';
import { action as $audit_log$delivery$create } from '../actions/audit_log.delivery.create.ts';
import { action as $audit_log$delivery$delete } from '../actions/audit_log.delivery.delete.ts';
import { action as $audit_log$delivery$fail } from '../actions/audit_log.delivery.fail.ts';
import { action as $audit_log$delivery$pause } from '../actions/audit_log.delivery.pause.ts';
import { action as $audit_log$delivery$recover } from '../actions/audit_log.delivery.recover.ts';
import { action as $audit_log$delivery$replay } from '../actions/audit_log.delivery.replay.ts';
import { action as $audit_log$delivery$resume } from '../actions/audit_log.delivery.resume.ts';
import { action as $audit_log$delivery$stop } from '../actions/audit_log.delivery.stop.ts';
import { action as $audit_log$delivery$update } from '../actions/audit_log.delivery.update.ts';
import { action as $audit_log$events$browse } from '../actions/audit_log.events.browse.ts';
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
import { action as $audit_log$scope$open } from '../actions/audit_log.scope.open.ts';

export const actions = [
  $audit_log$admin$grant,
  $audit_log$admin$revoke,
  $audit_log$delivery$create,
  $audit_log$delivery$delete,
  $audit_log$delivery$fail,
  $audit_log$delivery$pause,
  $audit_log$delivery$recover,
  $audit_log$delivery$replay,
  $audit_log$delivery$resume,
  $audit_log$delivery$stop,
  $audit_log$delivery$update,
  $audit_log$events$browse,
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
  $audit_log$scope$open,
];
