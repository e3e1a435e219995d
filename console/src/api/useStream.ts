// Server-sent events as a component has them: opened again with growing waits, and honest about when the last one came.
import { useEffect, useRef, useState } from 'preact/hooks';
import { locate, type Operation, type ParametersOf } from './ask.ts';
import { backOff } from './backoff.ts';

export interface Connection {
  state: 'opening' | 'open' | 'away';
  /** When the last event came, epoch ms. */
  heardAt: number | undefined;
  /** When the next try is, epoch ms, while away. */
  retriesAt: number | undefined;
  /** How often the stream was opened: what came in between was missed. */
  openings: number;
}

/**
 * Listens to the `events` of a stream; without parameters it does not. `hear` gets the name and the data as text. A stream
 * that should speak all the time and says nothing for `silenceMs` is as good as closed.
 */
export function useStream<O extends Operation>(
  operation: O,
  parameters: ParametersOf<O> | undefined,
  events: readonly string[],
  hear: (event: string, data: string) => void,
  silenceMs = Number.POSITIVE_INFINITY,
): Connection {
  const [connection, setConnection] = useState<Connection>({
    state: 'opening',
    heardAt: undefined,
    retriesAt: undefined,
    openings: 0,
  });
  const latest = useRef(hear);
  latest.current = hear;
  const url = parameters && locate(operation, parameters);
  useEffect(() => {
    if (!url) return;
    const change = (part: Partial<Connection>) => setConnection((connection) => ({ ...connection, ...part }));
    const opened = () =>
      setConnection(({ openings, ...rest }) => ({
        ...rest,
        state: 'open',
        retriesAt: undefined,
        openings: openings + 1,
      }));
    return keepListening(url, events, silenceMs, {
      opened,
      heard(event, data) {
        change({ heardAt: Date.now() });
        latest.current(event, data);
      },
      lost: (retriesAt) => change({ state: 'away', retriesAt }),
    });
  }, [url]);
  return connection;
}

interface Listener {
  opened(): void;
  heard(event: string, data: string): void;
  lost(retriesAt: number): void;
}

function keepListening(
  url: string,
  events: readonly string[],
  silenceMs: number,
  listener: Listener,
): () => void {
  let [failures, silentSince] = [0, Date.now()];
  let retry: ReturnType<typeof setTimeout> | undefined;
  let source = open();
  function open(): EventSource {
    const opened = new EventSource(url);
    silentSince = Date.now();
    opened.onopen = () => listener.opened();
    opened.onerror = () => lose();
    for (const event of events)
      opened.addEventListener(event, (message: MessageEvent<string>) => {
        [failures, silentSince] = [0, Date.now()];
        listener.heard(event, message.data);
      });
    return opened;
  }
  // The browser's own way to come back knows one wait only and gives up at the first refusal.
  function lose(): void {
    source.close();
    clearTimeout(retry);
    const waitMs = backOff(++failures);
    listener.lost(Date.now() + waitMs);
    retry = setTimeout(() => {
      source = open();
    }, waitMs);
  }
  const watch = setInterval(() => {
    if (source.readyState !== EventSource.CLOSED && Date.now() - silentSince > silenceMs) lose();
  }, 1000);
  return () => {
    source.close();
    clearTimeout(retry);
    clearInterval(watch);
  };
}
