/**
 * What stands beside the query: the range, what is shown of each event, and what can be done with the view.
 */
import { lazy, Suspense, useState } from 'react';
import { usePage } from '../page-context.tsx';
import { Action } from '../states.tsx';
import { CopyButton } from '../value-actions.tsx';
import { linkOf } from '../view-link.ts';
import { words } from '../words.ts';
import { RangePicker } from './range-picker.tsx';

const SavedViews = lazy(async () => ({ default: (await import('./saved-views-menu.tsx')).SavedViews }));
const Appearance = lazy(async () => ({ default: (await import('./appearance.tsx')).Appearance }));

type ToolbarProps = { onRefresh: () => void };

export const Toolbar = ({ onRefresh }: ToolbarProps) => {
  const { view, change, scopeId } = usePage();
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="toolbar">
      <RangePicker />
      <Action onClick={onRefresh}>{words.log.refresh}</Action>
      <Action onClick={() => change({ tab: 'exports', event: undefined, item: undefined })}>
        {words.log.exportView}
      </Action>
      <Suspense fallback={null}>
        <SavedViews />
      </Suspense>
      <CopyButton text={linkOf(location.href, view, scopeId)} label={words.log.copyLink} />
      <button type="button" className="action" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {words.page.appearance}
      </button>
      {isOpen && (
        <Suspense fallback={null}>
          <Appearance />
        </Suspense>
      )}
    </div>
  );
};
