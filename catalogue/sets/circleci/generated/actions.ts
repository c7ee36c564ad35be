/** Every action of this catalogue. Made by "annals catalogue build" from the files of the actions; do not edit. */
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
