/** What is offered beside a link that was copied: the same with the instants that a relative range means now. */
import { usePage } from '../page-context.tsx';
import { freezeRange, type Range } from '../range.ts';
import { nameOfView, seenOf } from '../seen.ts';
import { CopyButton } from '../value-actions.tsx';
import { linkOf } from '../view-link.ts';
import { laterWords } from '../words/later-words.ts';
import { say, words } from '../words.ts';

const { share: said } = laterWords.log;
const quick: Readonly<Record<string, string>> = words.log.ranges.quick;

export const ShareLink = ({ range }: { range: Range & { kind: 'relative' } }) => {
  const { api, view, scopeId } = usePage();
  const link = (): string => {
    // The times of what is on the screen.
    const atMs = seenOf(api, nameOfView(view, scopeId))?.atMs ?? Date.now();
    return linkOf(location.href, { ...view, range: freezeRange(range, atMs) }, scopeId);
  };
  return (
    <span className="share">
      <small>{say(said.moves, { range: quick[range.last] ?? range.last })}</small>{' '}
      <CopyButton text={link} label={said.freeze} />
    </span>
  );
};
