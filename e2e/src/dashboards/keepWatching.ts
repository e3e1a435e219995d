// A page that shows live updates, and others there is no room for.
import type { Gateway } from '../gateway.ts';

/** Holds one stream and asks for another each second; returns what ends that. */
export function keepWatching({ internalUrl }: Gateway): () => Promise<void> {
  const stream = `${internalUrl}/api/v1/tenants/default/live/stream`;
  const end = new AbortController();
  const watching = (async () => {
    const first = await fetch(stream, { signal: end.signal });
    const reading = first.text();
    reading.catch(() => undefined);
    while (!end.signal.aborted) {
      await (await fetch(stream, { signal: end.signal })).text();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  })();
  // Whether it went well, the panels say.
  const ended = watching.catch(() => undefined);
  return async () => {
    end.abort();
    await ended;
  };
}
