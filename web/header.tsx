/** The head of every view: whose log it is, who looks at it, and the way to the other views. */
import type { Page } from './page-context.tsx';
import { Value } from './value.tsx';
import { printView, type Tab } from './view.ts';
import { words } from './words.ts';

type HeaderProps = {
  page: Page | undefined;
  tabs: readonly Tab[];
  tab: Tab;
  onSignOut: () => void;
  /** Undefined for those who see one log alone. */
  onOther: (() => void) | undefined;
};

export const PageHeader = ({ page, tabs, tab, onSignOut, onOther }: HeaderProps) => (
  <header className="page-header">
    <button type="button" className="skip" onClick={focusContent}>
      {words.page.skip}
    </button>
    <h1>{words.page.title}</h1>
    {page && (
      <>
        <Who {...page} />
        {onOther && (
          <button type="button" className="action" onClick={onOther}>
            {words.signIn.another}
          </button>
        )}
        <button type="button" className="action" onClick={onSignOut}>
          {words.page.signOut}
        </button>
        <nav aria-label={words.page.views}>
          {tabs.map(name => (
            <a
              key={name}
              href={printView({ ...page.view, tab: name, item: undefined })}
              aria-current={name === tab ? 'page' : undefined}
            >
              {words.page.tabs[name]}
            </a>
          ))}
        </nav>
      </>
    )}
  </header>
);

/** Whose log it is, who looks at it, and why. */
export const Who = ({ scopeId, session: { role, user_id, reason } }: Pick<Page, 'scopeId' | 'session'>) => (
  <p className="who">
    <Value text={scopeId} /> <span className="role">{words.page.roles[role]}</span> <Value text={user_id} />
    {reason !== null && (
      <span className="reason">
        <Value text={reason} />
      </span>
    )}
  </p>
);

/** Not a link: the fragment of the URL holds the view. */
const focusContent = (): void => document.getElementById('content')!.focus();
