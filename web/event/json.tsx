/** JSON as text: laid out in lines, its tokens as they were sent, and nothing in it invisible. */
import { showInvisible } from '../escape.ts';
import { CopyButton } from '../value-actions.tsx';
import { laterWords } from '../words/later-words.ts';
import { layOutJson } from './json-layout.ts';

export const Json = ({ text }: { text: string }) => (
  <div className="json">
    <pre tabIndex={0} role="group" aria-label={laterWords.event.json}>
      <bdi>
        {layOutJson(text)
          .split('\n')
          .map(line => `${showInvisible(line)}\n`)
          .join('')}
      </bdi>
    </pre>
    <CopyButton text={text} />
  </div>
);
