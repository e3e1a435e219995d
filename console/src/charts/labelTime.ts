// What stands under a tick of a time axis.
import { formatClock, formatDay, formatMinute } from '../figures/formatTime.ts';

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;

/** The day where a day begins, the second where ticks stand closer than minutes, else the minute. Epoch seconds. */
export function labelTime(seconds: number, splits: readonly number[]): string {
  const step = (splits[1] ?? seconds) - (splits[0] ?? seconds);
  const isMidnight = new Date(seconds * 1000).getHours() === 0;
  if (step >= DAY_SECONDS || (isMidnight && step >= DAY_SECONDS / 8)) return formatDay(seconds * 1000);
  return step > 0 && step < MINUTE_SECONDS ? formatClock(seconds * 1000) : formatMinute(seconds * 1000);
}
