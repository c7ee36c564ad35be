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

const ShareLink = lazy(async () => ({ default: (await import('./share-link.tsx')).ShareLink }));

type ToolbarProps = { onRefresh: () => void; isCopying: boolean; onCopying: () => void };

export const Toolbar = ({ onRefresh, isCopying, onCopying }: ToolbarProps) => {
  const { view, change, scopeId } = usePage();
  const [isOpen, setOpen] = useState(false);
  const { range } = view;
  const [shared, setShared] = useState<typeof view>();
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
      <CopyButton
        text={linkOf(location.href, view, scopeId)}
        label={words.log.copyLink}
        onCopied={() => setShared(view)}
      />
      <button type="button" className="action" aria-pressed={isCopying} onClick={onCopying}>
        {words.log.copyRows}
      </button>
      <button type="button" className="action" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {words.page.appearance}
      </button>
      {range.kind === 'relative' && shared === view && (
        <Suspense fallback={null}>
          <ShareLink range={range} />
        </Suspense>
      )}
      {isOpen && (
        <Suspense fallback={null}>
          <Appearance />
        </Suspense>
      )}
    </div>
  );
};
