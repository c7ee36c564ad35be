/** The events that are catalogued. Made by "annals catalogue build" from the files of the actions; do not edit. */

/**
 * The payload of context.create, version 1. A context was created: a named set of environment
 * variables that jobs may share.
 */
export interface ContextCreateV1 {
  /**
   * The name of the context.
   */
  name?: string;
  /**
   * The ids of the security groups that may use it; empty means every member.
   */
  groups?: string[];
}

/**
 * The payload of context.delete, version 1. A context was deleted, and with it all its environment
 * variables.
 */
export interface ContextDeleteV1 {
  /**
   * The name that the context had.
   */
  name?: string;
  /**
   * The number of environment variables that were deleted with it.
   */
  variables?: number;
}

/**
 * The payload of context.env_var.delete, version 1. An environment variable was removed from a
 * context.
 */
export interface ContextEnvVarDeleteV1 {
  /**
   * The name of the variable.
   */
  variable?: string;
}

/**
 * The payload of context.env_var.store, version 1. An environment variable of a context was set, or
 * set again. Its value is never recorded.
 */
export interface ContextEnvVarStoreV1 {
  /**
   * The name of the variable.
   */
  variable?: string;
  /**
   * Whether it had a value before.
   */
  is_overwritten?: boolean;
}

/**
 * The payload of project.env_var.create, version 1. An environment variable of a project was created.
 * Its value is never recorded.
 */
export interface ProjectEnvVarCreateV1 {
  /**
   * The name of the variable.
   */
  variable?: string;
}

/**
 * The payload of project.env_var.delete, version 1. An environment variable was removed from a
 * project.
 */
export interface ProjectEnvVarDeleteV1 {
  /**
   * The name of the variable.
   */
  variable?: string;
}

/**
 * The payload of project.settings.update, version 1. Settings of a project were changed.
 */
export interface ProjectSettingsUpdateV1 {
  /**
   * The changed settings before the change.
   */
  before?: {
    [k: string]: unknown;
  };
  /**
   * The same settings after the change.
   */
  after?: {
    [k: string]: unknown;
  };
}

/**
 * The payload of user.create, version 1. A user was created.
 */
export interface UserCreateV1 {
  /**
   * The name that the user signs in with.
   */
  login?: string;
  /**
   * Who vouches for the user, such as github or saml.
   */
  identity_provider?: string;
}

/**
 * The payload of user.logged_in, version 1. A user signed in.
 */
export interface UserLoggedInV1 {
  /**
   * How the user signed in, such as oauth, saml or password.
   */
  method?: string;
  /**
   * Who vouched for the user, such as github or okta.
   */
  identity_provider?: string;
}

/**
 * The payload of user.logged_out, version 1. A user signed out, or was signed out.
 */
export interface UserLoggedOutV1 {
  /**
   * Why the session ended, such as user, expired or revoked.
   */
  reason?: string;
}

/**
 * The payload of workflow.job.approve, version 1. A job that waits for an approval was approved.
 */
export interface WorkflowJobApproveV1 {
  /**
   * The name of the job in the configuration of the workflow.
   */
  job_name?: string;
  /**
   * The id of the workflow that the job is part of.
   */
  workflow_id?: string;
  /**
   * The name of that workflow.
   */
  workflow_name?: string;
  /**
   * The number of the pipeline within its project.
   */
  pipeline_number?: number;
}

/**
 * The payload of workflow.job.finish, version 1. A job of a workflow ended.
 */
export interface WorkflowJobFinishV1 {
  /**
   * The name of the job in the configuration of the workflow.
   */
  job_name?: string;
  /**
   * The id of the workflow that the job is part of.
   */
  workflow_id?: string;
  /**
   * The name of that workflow.
   */
  workflow_name?: string;
  /**
   * The number of the pipeline within its project.
   */
  pipeline_number?: number;
  /**
   * How it ended, such as success, failed, canceled, timedout or infrastructure_fail.
   */
  status?: string;
  /**
   * How long it ran, in milliseconds.
   */
  duration_ms?: number;
}

/**
 * The payload of workflow.job.scheduled, version 1. A job of a workflow may run, and waits for an
 * executor.
 */
export interface WorkflowJobScheduledV1 {
  /**
   * The name of the job in the configuration of the workflow.
   */
  job_name?: string;
  /**
   * The id of the workflow that the job is part of.
   */
  workflow_id?: string;
  /**
   * The name of that workflow.
   */
  workflow_name?: string;
  /**
   * The number of the pipeline within its project.
   */
  pipeline_number?: number;
}

/**
 * The payload of workflow.job.start, version 1. A job of a workflow started.
 */
export interface WorkflowJobStartV1 {
  /**
   * The name of the job in the configuration of the workflow.
   */
  job_name?: string;
  /**
   * The id of the workflow that the job is part of.
   */
  workflow_id?: string;
  /**
   * The name of that workflow.
   */
  workflow_name?: string;
  /**
   * The number of the pipeline within its project.
   */
  pipeline_number?: number;
  /**
   * Where it runs, such as docker, machine or macos.
   */
  executor?: string;
}

/** Each action, with the type of its target and its payload by version. */
export type CataloguedEvents = {
  /** A context was created: a named set of environment variables that jobs may share. */
  "context.create": { target: "context"; payloads: { 1: ContextCreateV1 } };
  /** A context was deleted, and with it all its environment variables. */
  "context.delete": { target: "context"; payloads: { 1: ContextDeleteV1 } };
  /** An environment variable was removed from a context. */
  "context.env_var.delete": { target: "context"; payloads: { 1: ContextEnvVarDeleteV1 } };
  /** An environment variable of a context was set, or set again. Its value is never recorded. */
  "context.env_var.store": { target: "context"; payloads: { 1: ContextEnvVarStoreV1 } };
  /** An environment variable of a project was created. Its value is never recorded. */
  "project.env_var.create": { target: "project"; payloads: { 1: ProjectEnvVarCreateV1 } };
  /** An environment variable was removed from a project. */
  "project.env_var.delete": { target: "project"; payloads: { 1: ProjectEnvVarDeleteV1 } };
  /** Settings of a project were changed. */
  "project.settings.update": { target: "project"; payloads: { 1: ProjectSettingsUpdateV1 } };
  /** A user was created. */
  "user.create": { target: "user"; payloads: { 1: UserCreateV1 } };
  /** A user signed in. */
  "user.logged_in": { target: "user"; payloads: { 1: UserLoggedInV1 } };
  /** A user signed out, or was signed out. */
  "user.logged_out": { target: "user"; payloads: { 1: UserLoggedOutV1 } };
  /** A job that waits for an approval was approved. */
  "workflow.job.approve": { target: "job"; payloads: { 1: WorkflowJobApproveV1 } };
  /** A job of a workflow ended. */
  "workflow.job.finish": { target: "job"; payloads: { 1: WorkflowJobFinishV1 } };
  /** A job of a workflow may run, and waits for an executor. */
  "workflow.job.scheduled": { target: "job"; payloads: { 1: WorkflowJobScheduledV1 } };
  /** A job of a workflow started. */
  "workflow.job.start": { target: "job"; payloads: { 1: WorkflowJobStartV1 } };
};
