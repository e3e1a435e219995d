// Ticks of the time axis: round steps of seconds, minutes and hours, as many as fit, named as precisely as the step asks for.

export interface Tick {
  t: number;
  label: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR),
];

/** Ticks from `from` to `to` (ms), at most `most` of them. */
export function timeTicks(from: number, to: number, most: number): Tick[] {
  const width = to - from;
  const step = STEPS.find((step) => width / step <= most) ?? Math.ceil(width / most / HOUR) * HOUR;
  const ticks: Tick[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step)
    ticks.push({ t, label: clockTime(t, step) });
  return ticks;
}

/** A moment of the session, such as `1:02:03` or `0:04.25`; `precision` is the ms that have to show. */
export function clockTime(t: number, precision = 1): string {
  const total = Math.max(0, Math.round(t));
  const hours = Math.floor(total / HOUR);
  const minutes = Math.floor((total % HOUR) / MINUTE);
  const seconds = Math.floor((total % MINUTE) / SECOND);
  const clock = hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${minutes}:${pad(seconds)}`;
  const digits = precision >= SECOND ? 0 : precision >= 100 ? 1 : precision >= 10 ? 2 : 3;
  return digits === 0
    ? clock
    : `${clock}.${String(total % SECOND)
        .padStart(3, '0')
        .slice(0, digits)}`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
