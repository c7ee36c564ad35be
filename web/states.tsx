/** Every state that a view can be in besides showing what was asked for, so that each is designed once. */
import { Component, type ReactNode, useEffect } from 'react';
import { isAbsence, type Problem } from './api.ts';
import { onRetry as listenForRetry } from './retry.ts';
import { say, words } from './words.ts';

const { states, page } = words;

type StateProps = {
  title: string;
  text?: string | undefined;
  /** What can be done about it. */
  children?: ReactNode;
};

export const State = ({ title, text, children }: StateProps) => (
  <section className="state">
    <h2>{title}</h2>
    {text && <p>{text}</p>}
    {children && <div className="actions">{children}</div>}
  </section>
);

/** A button of the page's own, for places that show before the components have loaded. */
export const Action = ({ onClick, children }: { onClick: () => void; children: ReactNode }) => (
  <button type="button" className="action" onClick={onClick}>
    {children}
  </button>
);

export const Loading = ({ text = page.loading }: { text?: string }) => (
  <p className="loading" role="status">
    <span className="spinner" aria-hidden="true" />
    {text}
  </p>
);

type SignedOutProps = {
  problem: Problem | undefined;
  /** Leaves for the company's sign-in, if it has one; otherwise a link is needed. */
  onSignIn: (() => void) | undefined;
};

/** Why the page shows nothing: nobody is signed in, or they may not see it. */
export const SignedOut = ({ problem, onSignIn }: SignedOutProps) => {
  if (problem?.status === 403) return <State {...states.noRight} />;
  const { title, text } = problem ? states.expired : states.signedOut;
  return (
    <State title={title} text={text}>
      {onSignIn ? <Action onClick={onSignIn}>{words.signIn.go}</Action> : <p>{states.howToSignIn}</p>}
    </State>
  );
};

/** A request that failed after several attempts: what the server said, and a retry. */
export const Failed = ({ problem, onRetry }: { problem: Problem; onRetry: () => void }) => {
  const isAway = isAbsence(problem);
  useEffect(() => (isAway ? listenForRetry(onRetry) : undefined), [isAway, onRetry]);
  const { title, text } = isAway ? states.away : states.failed;
  return (
    <State title={title} text={isAway ? text : say(states.failed.text, { detail: problem.detail })}>
      <Action onClick={onRetry}>{page.retry}</Action>
    </State>
  );
};

/** Says politely what is so in the whole page, such as that the server is away. */
export const Banner = ({ children }: { children: ReactNode }) => (
  <div className="banner" role="status">
    {children}
  </div>
);

type BoundaryProps = { children: ReactNode; fallback: (error: unknown) => ReactNode };

/** Shows something else if what it holds cannot be rendered. */
export class Boundary extends Component<BoundaryProps, { failure: { error: unknown } | undefined }> {
  override state = { failure: undefined as { error: unknown } | undefined };
  static getDerivedStateFromError(error: unknown) {
    return { failure: { error } };
  }
  override render(): ReactNode {
    const { failure } = this.state;
    return failure ? this.props.fallback(failure.error) : this.props.children;
  }
}

export const ChunkFailed = () => (
  <State title={states.chunkFailed.title} text={states.chunkFailed.text}>
    <Action onClick={() => location.reload()}>{states.chunkFailed.reload}</Action>
  </State>
);
