/** Starts the page. */
import './page.css';
import { lazy, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Boundary, ChunkFailed, Loading } from './states.tsx';

/** The components know light and dark by a class. */
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = (): void => {
  document.body.classList.toggle('awsui-dark-mode', dark.matches);
};
follow();
dark.addEventListener('change', follow);

const reloadedKey = 'annals-reloaded';
const againMs = 60_000;
/** After an update, a part of the page may be gone: it is loaded anew, once, with its view in the URL. */
addEventListener('vite:preloadError', () => {
  try {
    const last = Number(sessionStorage.getItem(reloadedKey) ?? 0);
    if (Date.now() - last < againMs) return;
    sessionStorage.setItem(reloadedKey, String(Date.now()));
  } catch {
    // Without a memory it could reload for ever: the page says what is wrong, and has a button.
    return;
  }
  location.reload();
});

const EmbeddedApp = lazy(async () => ({ default: (await import('./embedded-app.tsx')).EmbeddedApp }));
createRoot(document.getElementById('page')!).render(
  /\/embed$/.test(location.pathname) ? (
    <Boundary fallback={() => <ChunkFailed />}>
      <Suspense fallback={<Loading />}>
        <EmbeddedApp />
      </Suspense>
    </Boundary>
  ) : (
    <App />
  ),
);
