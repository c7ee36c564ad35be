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
