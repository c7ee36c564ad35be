/**
 * A view as a link that somebody else opens: it says whose log it is of, and leads to the page itself, also
 * from a frame.
 */
import { printView, type View } from './view.ts';

/** `href` is where the page is. */
export const linkOf = (href: string, view: View, scope: string): string =>
  `${new URL('.', href).href}${printView({ ...view, scope })}`;
