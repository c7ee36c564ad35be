/** Asks before something is done that cannot be undone, and says what went wrong if it could not be done. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, useState } from 'react';
import type { Problem } from './api.ts';
import { problemOf } from './use-answer.tsx';
import { words } from './words.ts';

type ConfirmProps = {
  title: string;
  /** What the button says that does it. */
  verb: string;
  children: ReactNode;
  isReady?: boolean;
  run: () => Promise<void>;
  onClose: () => void;
};

export const Confirm = ({ title, verb, children, isReady = true, run, onClose }: ConfirmProps) => {
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const go = async (): Promise<void> => {
    setRunning(true);
    try {
      await run();
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setRunning(false);
    }
  };
  return (
    <Modal
      visible
      onDismiss={onClose}
      header={title}
      closeAriaLabel={words.page.close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {words.page.cancel}
            </Button>
            <Button variant="primary" loading={isRunning} disabled={!isReady} onClick={() => void go()}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {children}
        {problem && <Alert type="error">{problem.detail}</Alert>}
      </SpaceBetween>
    </Modal>
  );
};
