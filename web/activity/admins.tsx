/** The view "Admins", for the operator: who may look into the log, and changing that. */
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { Confirm } from '../confirm.tsx';
import { DataTable } from '../data-table.tsx';
import { usePage } from '../page-context.tsx';
import { pathId } from '../path-id.ts';
import { State } from '../states.tsx';
import { printTime } from '../time.ts';
import { usePages } from '../use-pages.tsx';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';

const { admins: texts } = laterWords.activity;
type Admin = Api<'Admins'>['admins'][number];
const adminsOf = ({ admins }: Api<'Admins'>) => admins;
type Change = { kind: 'grant' } | { kind: 'revoke'; user: string };

export const Admins = () => {
  const { api, scopeId, zone } = usePage();
  const path = `v1/scopes/${pathId(scopeId)}/admins`;
  const { answered, ask, showMore } = usePages<'Admins', Admin>(path, adminsOf);
  const [change, setChange] = useState<Change>();
  const [user, setUser] = useState('');
  const set = async (method: 'PUT' | 'DELETE', id: string): Promise<void> => {
    await api.text(method, `${path}/${pathId(id)}`);
    await ask();
  };
  if (answered.is === 'failed' && answered.problem.code === 'directory_elsewhere')
    return <State title={texts.title} text={texts.elsewhere} />;
  return (
    <>
      <DataTable
        title={texts.title}
        explain={texts.explain}
        answered={answered}
        onRetry={() => void ask()}
        onMore={{ text: texts.more, show: showMore }}
        empty={{ title: texts.none, text: texts.noneText }}
        actions={
          <Button variant="primary" onClick={() => setChange({ kind: 'grant' })}>
            {texts.grant}
          </Button>
        }
        trackBy={({ user_id }) => user_id}
        columns={[
          {
            id: 'user',
            header: texts.columns.user,
            isRowHeader: true,
            cell: ({ user_id }) => <Value text={user_id} />,
          },
          {
            id: 'since',
            header: texts.columns.since,
            cell: ({ granted_at }) => printTime(granted_at, zone),
          },
          { id: 'by', header: texts.columns.by, cell: ({ granted_by }) => <Value text={granted_by} /> },
          {
            id: 'actions',
            header: texts.columns.actions,
            cell: ({ user_id }) => (
              <Button
                ariaLabel={say(texts.revokeOf, { user: user_id })}
                onClick={() => setChange({ kind: 'revoke', user: user_id })}
              >
                {texts.revoke}
              </Button>
            ),
          },
        ]}
      />
      {change?.kind === 'grant' && (
        <Confirm
          title={texts.grantTitle}
          verb={texts.grant}
          isReady={user !== ''}
          run={async () => {
            await set('PUT', user);
            setUser('');
          }}
          onClose={() => setChange(undefined)}
        >
          <p>{texts.grantText}</p>
          <FormField label={texts.user} description={texts.userHint}>
            <Input value={user} onChange={({ detail }) => setUser(detail.value)} />
          </FormField>
        </Confirm>
      )}
      {change?.kind === 'revoke' && (
        <Confirm
          title={say(texts.revokeOf, { user: change.user })}
          verb={texts.revoke}
          run={() => set('DELETE', change.user)}
          onClose={() => setChange(undefined)}
        >
          <p>{texts.revokeText}</p>
        </Confirm>
      )}
    </>
  );
};
