/** The clock of the process, until the test has ended: as far ahead as the test says. */
import { onTestFinished, vi } from 'vitest';

/** Start the server after this: it keeps the clock that it finds. */
export const movableClock = (): { aheadMs: number } => {
  const moved = { aheadMs: 0 };
  const clock = vi
    .spyOn(Date, 'now')
    .mockImplementation(() => Math.floor(performance.timeOrigin + performance.now()) + moved.aheadMs);
  onTestFinished(() => void clock.mockRestore());
  return moved;
};
