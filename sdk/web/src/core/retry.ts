// When to try again after a failure: exponentially later with jitter, so that a recovering gateway is not met by all
// players at once, and never before the time the gateway itself asked for (RFC 9110 section 10.2.3, Retry-After).

/** The first delay is a second at most. */
const HALF_FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Nobody is put off for longer, whatever a header says. */
const LONGEST_ASKED_MS = 3_600_000;

export function retryDelay(failures: number, retryAfter: string | null | undefined): number {
  const backoff = Math.min(LONGEST_MS, HALF_FIRST_MS * 2 ** failures) * (0.5 + Math.random() / 2);
  const seconds = Number(retryAfter);
  // Neither number nor date is NaN, and asks for nothing. Nor does a header that is absent: 0.
  const asked = seconds >= 0 ? seconds * 1_000 : Date.parse(retryAfter as string) - Date.now();
  return Math.max(backoff, Math.min(LONGEST_ASKED_MS, asked || 0));
}
