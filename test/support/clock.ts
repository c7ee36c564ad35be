/** Moves the clock of the process ahead until the test ends. */
import { onTestFinished, vi } from 'vitest';

/** Start the server after this call: it keeps the clock that it finds. */
export const movableClock = (): { aheadMs: number } => {
  const moved = { aheadMs: 0 };
  const clock = vi
    .spyOn(Date, 'now')
    .mockImplementation(() => Math.floor(performance.timeOrigin + performance.now()) + moved.aheadMs);
  onTestFinished(() => void clock.mockRestore());
  return moved;
};
