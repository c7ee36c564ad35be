/**
 * What a login link opens: who it signs in, and a button. Only the button uses the link up; previews do not.
 */
import type { PageApi } from '../api.ts';
import type { Session } from '../session.ts';
import { State } from '../states.tsx';
import { words } from '../words.ts';

type SignInProps = {
  api: PageApi;
  login: string;
  onSignedIn: (session: Session) => void;
  onStay: () => void;
};

export const SignInView = (_: SignInProps) => <State title={words.signIn.title} />;
