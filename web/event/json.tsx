/**
 * JSON as text: laid out in lines, its tokens as they were sent, and nothing in it invisible. What is at a path of
 * payload or metadata can be followed.
 */
import { maxPathUnits, maxSteps, type PathField } from '#domain/filter/path.ts';
import { showInvisible } from '../escape.ts';
import { fieldOfPath } from '../query-fields.ts';
import { CopyButton, ValueActions } from '../value-actions.tsx';
import { laterWords } from '../words/later-words.ts';
import { type JsonPiece, layOutPieces, nameOf } from './json-layout.ts';

/** Longer values are too long for a query, and more of them for whoever goes through them by keyboard. */
const maxValueUnits = 1024;
const mostActions = 300;

/** `field` is given if its values can be filtered by. */
export const Json = ({ text, field }: { text: string; field?: PathField | undefined }) => {
  let actions = 0;
  const isAction = (piece: Exclude<JsonPiece, string>): boolean =>
    field !== undefined && canFilter(piece) && ++actions <= mostActions;
  return (
    <div className="json">
      <pre tabIndex={0} role="group" aria-label={laterWords.event.json}>
        <bdi>
          {layOutPieces(text).map((piece, n) =>
            typeof piece === 'string' ? (
              showLines(piece)
            ) : isAction(piece) ? (
              <ValueActions key={n} text={textOf(piece.token)} field={fieldOfPath(field!, piece.path)}>
                {showInvisible(piece.token)}
              </ValueActions>
            ) : (
              showInvisible(piece.token)
            ),
          )}
          {'\n'}
        </bdi>
      </pre>
      <CopyButton text={text} />
    </div>
  );
};

/** The lines that the layout has made stay; a line break of the text itself is seen as one. */
const showLines = (text: string): string => text.split('\n').map(showInvisible).join('\n');

const textOf = (token: string): string => (token.startsWith('"') ? nameOf(token) : token);

const canFilter = ({ token, path }: Exclude<JsonPiece, string>): boolean =>
  token.length <= maxValueUnits &&
  textOf(token).isWellFormed() &&
  path.length > 0 &&
  path.length <= maxSteps &&
  path.every(name => name.isWellFormed()) &&
  // Each step may be quoted.
  path.reduce((sum, name) => sum + 2 * name.length + 3, 0) <= maxPathUnits;
