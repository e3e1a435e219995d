// Times of day and dates, in the reader's own zone and on a clock of 24 hours.

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const MINUTE = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });

/** `14:03:07`. Epoch milliseconds. */
export function formatClock(ms: number): string {
  return CLOCK.format(ms);
}

/** `14:03`. */
export function formatMinute(ms: number): string {
  return MINUTE.format(ms);
}

/** `Sat 21 Nov`. */
export function formatDay(ms: number): string {
  return DAY.format(ms).replace(',', '');
}

/** `Sat 21 Nov, 14:03`; today the time is enough. */
export function formatMoment(ms: number, now = Date.now()): string {
  const day = formatDay(ms);
  return day === formatDay(now) && Math.abs(now - ms) < 86_400_000
    ? formatClock(ms)
    : `${day}, ${formatMinute(ms)}`;
}
