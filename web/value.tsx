/**
 * A value that somebody sent: apart from the text around it, with nothing invisible, and cut with its length
 * said.
 */
import { cutValue, showInvisible } from './escape.ts';
import { say, words } from './words.ts';

export const Value = ({ text, isWhole = false }: { text: string; isWhole?: boolean }) => {
  if (isWhole) return <bdi className="value">{showInvisible(text)}</bdi>;
  const { shown, length } = cutValue(text);
  return (
    <bdi className="value">
      {shown}
      {length !== undefined && <span className="cut"> {say(words.page.cut, { n: length })}</span>}
    </bdi>
  );
};
