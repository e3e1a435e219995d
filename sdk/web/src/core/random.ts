// Random hexadecimal digits in the places of the `x` of a pattern: ids of sessions (UUID version 4, RFC 9562 section 5.4) and
// of trace spans. `crypto.randomUUID` exists in secure contexts only, and players run on plain-http pages and old
// television browsers too.

/** The variant's two free bits stay 0: 120 of a session's 122 bits are random. */
export const UUID = 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx';

export function fillRandom(pattern: string): string {
  return pattern.replace(/x/g, () =>
    ((crypto.getRandomValues(new Uint8Array(1))[0] as number) & 15).toString(16),
  );
}
