/**
 * The saved views: choose, save, make one the default, delete. A view that differs from its saved form is
 * marked.
 */
import { useEffect, useState } from 'react';
import { usePage } from '../page-context.tsx';
import { browserStorage as storage } from '../safe-storage.ts';
import { Action } from '../states.tsx';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import {
  deleteView,
  isSameView,
  keyOfViews,
  maxNameUnits,
  readSavedViews,
  type SavedView,
  saveView,
  toggleDefault,
} from './saved-views.ts';

const { saved: said } = laterWords.log;

export const SavedViews = () => {
  const { view, change, session, scopeId } = usePage();
  const [key, setKey] = useState<string>();
  const [views, setViews] = useState<readonly SavedView[]>([]);
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string>();
  useEffect(() => {
    let isGone = false;
    void keyOfViews(location.origin, scopeId, session.user_id).then(found => {
      if (isGone) return;
      setKey(found);
      const known = readSavedViews(storage, found);
      setViews(known);
      const usual = known.find(({ isDefault }) => isDefault);
      if (usual && location.hash === '') change(usual.view, 'replace');
    });
    return () => {
      isGone = true;
    };
  }, [scopeId, session.user_id]);
  const current = views.find(saved => isSameView(saved.view, view));
  // From now on a change of it is marked, also if a link or the default brought it.
  useEffect(() => {
    if (current) setChosen(current.name);
  }, [current?.name]);
  if (key === undefined) return null;
  const label = current?.name ?? (chosen === undefined ? said.title : say(said.changed, { name: chosen }));
  return (
    <div className="saved">
      <button type="button" className="action" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Value text={label} />
      </button>
      {isOpen && (
        <fieldset className="popup">
          <legend>{said.title}</legend>
          {views.length === 0 && <p>{said.none}</p>}
          <ul>
            {views.map(saved => (
              <li key={saved.name}>
                <button
                  type="button"
                  className="link"
                  aria-current={saved === current}
                  onClick={() => {
                    setChosen(saved.name);
                    change({ ...saved.view, event: undefined });
                  }}
                >
                  <Value text={saved.name} />
                </button>
                <button
                  type="button"
                  className="action"
                  aria-pressed={saved.isDefault}
                  onClick={() => setViews(toggleDefault(storage, key, saved.name))}
                >
                  {said.default}
                </button>
                <button
                  type="button"
                  className="action"
                  aria-label={say(said.delete, { name: saved.name })}
                  onClick={() => setViews(deleteView(storage, key, saved.name))}
                >
                  ×
                </button>
              </li>
            ))}
          </ul>
          <label>
            {said.name}{' '}
            <input
              type="text"
              maxLength={maxNameUnits}
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
          </label>
          <Action
            onClick={() => {
              if (name.trim() === '') return;
              setViews(saveView(storage, key, name.trim(), view));
              setChosen(name.trim());
              setName('');
            }}
          >
            {said.save}
          </Action>
        </fieldset>
      )}
    </div>
  );
};
