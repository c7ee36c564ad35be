/** The routes of schedules. */
import { stateCursor } from '../parameters.ts';
import { json, location, type Routes } from './route.ts';

export const scheduleRoutes = {
  'GET /v1/scopes/{scope_id}/schedules': {
    id: 'listSchedules',
    access: 'readers',
    summary: 'List the schedules of a scope.',
    query: { cursor: stateCursor },
    answers: { 200: { description: 'A page of schedules.', content: json('Schedules') } },
    problems: ['invalid_id', 'invalid_cursor', 'not_an_admin'],
  },
  'GET /v1/scopes/{scope_id}/schedules/{id}': {
    id: 'showSchedule',
    access: 'readers',
    summary: 'Show a schedule.',
    answers: { 200: { description: 'The schedule.', content: json('Schedule') } },
    problems: ['invalid_id', 'not_an_admin', 'not_found', 'not_recorded'],
  },
  'PUT /v1/scopes/{scope_id}/schedules/{id}': {
    id: 'setSchedule',
    access: 'readers',
    summary: 'Create or change a schedule; with paused, pause or resume it.',
    body: { isRequired: true, content: json('ScheduleRequest') },
    answers: {
      200: { description: 'The schedule was changed.', content: json('Schedule') },
      201: { description: 'The schedule was created.', content: json('Schedule') },
    },
    problems: [
      'invalid_id',
      'invalid_request',
      'requester_required',
      'reason_required',
      'not_an_admin',
      'schedule_deleted',
      'changed_elsewhere',
      'not_recorded',
    ],
  },
  'DELETE /v1/scopes/{scope_id}/schedules/{id}': {
    id: 'deleteSchedule',
    access: 'readers',
    summary: 'Delete a schedule. Its id cannot be used again.',
    answers: { 204: { description: 'The schedule is deleted.', content: null } },
    problems: ['invalid_id', 'not_an_admin', 'not_found', 'changed_elsewhere', 'not_recorded'],
  },
  'GET /v1/scopes/{scope_id}/schedules/{id}/runs': {
    id: 'listRuns',
    access: 'readers',
    summary: 'List the runs of a schedule, the newest first.',
    answers: { 200: { description: 'The 100 most recent runs.', content: json('Runs') } },
    problems: ['invalid_id', 'not_an_admin', 'not_found', 'not_recorded'],
  },
  'POST /v1/scopes/{scope_id}/schedules/{id}/runs': {
    id: 'runSchedule',
    access: 'readers',
    summary: 'Run a schedule now; the next run begins where this one ends.',
    answers: { 202: { description: 'The run has started.', content: json('StartedRun'), headers: location } },
    problems: ['invalid_id', 'not_an_admin', 'not_found', 'not_begun', 'changed_elsewhere', 'not_recorded'],
  },
} satisfies Routes;
