/** Starts the page. */
import './page.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

/** The components know light and dark by a class. */
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = (): void => {
  document.body.classList.toggle('awsui-dark-mode', dark.matches);
};
follow();
dark.addEventListener('change', follow);
createRoot(document.getElementById('page')!).render(<App />);
