/** The manifest of an export, as it is stored: shown as text, and saved beside the file. */
import Button from '@cloudscape-design/components/button';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useCallback, useState } from 'react';
import { Json } from '../event/json.tsx';
import { usePage } from '../page-context.tsx';
import { Failed, Loading } from '../states.tsx';
import { useAnswer } from '../use-answer.tsx';
import { laterWords } from '../words/later-words.ts';

const { exportDetails: texts } = laterWords;

export const Manifest = ({ id }: { id: string }) => {
  const [isOpen, setOpen] = useState(false);
  return (
    <ExpandableSection
      headerText={texts.manifest}
      headingTagOverride="h3"
      expanded={isOpen}
      onChange={({ detail }) => setOpen(detail.expanded)}
    >
      {isOpen && <ManifestText id={id} />}
    </ExpandableSection>
  );
};

const ManifestText = ({ id }: { id: string }) => {
  const { api } = usePage();
  const question = useCallback(
    (signal: AbortSignal) => api.text('GET', `v1/exports/${id}/manifest`, { signal }),
    [api, id],
  );
  const { answered, ask } = useAnswer(question);
  if (answered.is === 'loading') return <Loading />;
  if (answered.is === 'failed') return <Failed problem={answered.problem} onRetry={() => void ask()} />;
  const text = answered.answer;
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `audit-log-${id.slice(0, 8)}.manifest.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  return (
    <SpaceBetween size="xs">
      <Button onClick={save}>{texts.saveManifest}</Button>
      <Json text={text} />
    </SpaceBetween>
  );
};
