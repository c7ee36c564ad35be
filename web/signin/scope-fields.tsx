/** What staff say before they open a log: whose it is, and why. */
import { words } from '../words.ts';

const { signIn: said } = words;
const maxUnits = 256;

export type ScopeOpening = { scope: string; reason: string };
type ScopeFieldsProps = { opening: ScopeOpening; onChange: (opening: ScopeOpening) => void };

export const bodyOfOpening = ({ scope, reason }: ScopeOpening): { scope_id: string; reason: string } => ({
  scope_id: scope.trim(),
  reason: reason.trim(),
});

export const ScopeFields = ({ opening, onChange }: ScopeFieldsProps) => (
  <>
    {(['scope', 'reason'] as const).map(name => (
      <label key={name}>
        {said[name]}
        <input
          type="text"
          required
          maxLength={maxUnits}
          value={opening[name]}
          onChange={({ target }) => onChange({ ...opening, [name]: target.value })}
        />
        <small>{said[`${name}Hint`]}</small>
      </label>
    ))}
  </>
);
