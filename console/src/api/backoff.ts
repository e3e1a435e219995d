// How long to wait before asking again somebody who did not answer.

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/**
 * Milliseconds before the try after `failures` ones in a row: 1 s, 2 s, 4 s ... 30 s, of which a quarter is left to chance
 * (`random`, 0 to 1), so that a thousand consoles do not come back at once.
 */
export function backOff(failures: number, random = Math.random()): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (0.75 + 0.25 * random));
}
