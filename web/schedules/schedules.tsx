/** The view "Schedules": exports that recur, and the runs of one. */
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { Confirm } from '../confirm.tsx';
import { DataTable } from '../data-table.tsx';
import { usePage } from '../page-context.tsx';
import { pathId } from '../path-id.ts';
import { printTime } from '../time.ts';
import { usePages } from '../use-pages.tsx';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { describeSchedule, type Schedule, withPaused } from './describe-schedule.ts';
import { Runs } from './runs.tsx';
import { ScheduleForm } from './schedule-form.tsx';

const { schedules: texts } = laterWords;
const schedulesOf = ({ schedules }: Api<'Schedules'>) => schedules;

const changes = {
  pause: { verb: texts.pause, title: texts.pauseOf, text: texts.pauseText },
  resume: { verb: texts.resume, title: texts.resumeOf, text: texts.resumeText },
  run: { verb: texts.runNow, title: texts.runNowOf, text: texts.runText },
  remove: { verb: texts.remove, title: texts.removeOf, text: texts.removeText },
} as const;
type Change = keyof typeof changes;
const shownFor = ({ paused }: Schedule): Change[] => [paused ? 'resume' : 'pause', 'run', 'remove'];

export const Schedules = () => {
  const { api, scopeId, zone, view, change: show } = usePage();
  const path = `v1/scopes/${pathId(scopeId)}/schedules`;
  const { answered, ask, showMore } = usePages<'Schedules', Schedule>(path, schedulesOf);
  const [asked, setAsked] = useState<{ change: Change; schedule: Schedule }>();
  const [changesMade, setChanges] = useState(0);
  const [isCreating, setCreating] = useState(false);
  const run = async (change: Change, schedule: Schedule): Promise<void> => {
    const one = `${path}/${pathId(schedule.id)}`;
    if (change === 'run') await api.text('POST', `${one}/runs`);
    else if (change === 'remove') await api.text('DELETE', one);
    else await api.text('PUT', one, { body: withPaused(schedule, change === 'pause') });
    await ask();
    setChanges(changesMade + 1);
  };
  return (
    <SpaceBetween size="l">
      <DataTable
        title={texts.title}
        explain={texts.explain}
        answered={answered}
        onRetry={() => void ask()}
        onMore={{ text: texts.more, show: showMore }}
        empty={{ title: texts.none, text: texts.noneText }}
        actions={
          <Button variant="primary" onClick={() => setCreating(true)}>
            {texts.create}
          </Button>
        }
        trackBy={({ id }) => id}
        columns={[
          { id: 'id', header: texts.columns.id, isRowHeader: true, cell: ({ id }) => <Value text={id} /> },
          { id: 'when', header: texts.columns.when, minWidth: 180, cell: describeSchedule },
          {
            id: 'owner',
            header: texts.columns.owner,
            cell: ({ requested_by }) => <Value text={requested_by} />,
          },
          {
            id: 'next',
            header: texts.columns.next,
            cell: ({ paused, next_run_at }) =>
              paused ? (
                <StatusIndicator type="stopped">{texts.paused}</StatusIndicator>
              ) : (
                next_run_at && printTime(next_run_at, zone)
              ),
          },
          {
            id: 'actions',
            minWidth: 180,
            header: texts.columns.actions,
            cell: schedule => (
              <SpaceBetween size="xs" direction="horizontal">
                <Button
                  ariaLabel={say(texts.runsOf, { id: schedule.id })}
                  onClick={() => show({ item: schedule.id })}
                >
                  {texts.runs}
                </Button>
                {shownFor(schedule).map(change => (
                  <Button
                    key={change}
                    ariaLabel={say(changes[change].title, { id: schedule.id })}
                    onClick={() => setAsked({ change, schedule })}
                  >
                    {changes[change].verb}
                  </Button>
                ))}
              </SpaceBetween>
            ),
          },
        ]}
      />
      {/* A run that begins now is among them. */}
      {view.item !== undefined && <Runs key={changesMade} id={view.item} />}
      {isCreating && <ScheduleForm path={path} onCreated={ask} onClose={() => setCreating(false)} />}
      {asked && (
        <Confirm
          title={say(changes[asked.change].title, { id: asked.schedule.id })}
          verb={changes[asked.change].verb}
          run={() => run(asked.change, asked.schedule)}
          onClose={() => setAsked(undefined)}
        >
          <p>{changes[asked.change].text}</p>
        </Confirm>
      )}
    </SpaceBetween>
  );
};
