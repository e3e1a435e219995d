// When to try again after a failure: exponentially later with jitter, so that a recovering gateway is not met by all
// players at once, and never before the time the gateway itself asked for (RFC 9110 section 10.2.3, Retry-After).

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

export function retryDelay(failures: number, retryAfter: string | null | undefined): number {
  const backoff = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
  if (!retryAfter) return backoff;
  const seconds = Number(retryAfter);
  const asked = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1_000;
  // A header that is no date either leaves NaN.
  return Math.max(backoff, asked || 0);
}
