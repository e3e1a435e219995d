// An answer of the API as a component has it: asked for, kept fresh, and asked for again while the gateway is away.
import { useEffect, useState } from 'preact/hooks';
import { type AnswerOf, ask, locate, type Operation, type ParametersOf } from './ask.ts';
import { backOff } from './backoff.ts';
import type { Failure } from './failure.ts';

export interface Answer<T> {
  /** The newest there is; stays while newer ones fail, and while a change of parameters is answered. */
  value: T | undefined;
  /** Why the last try came to nothing. */
  failure: Failure | undefined;
  /** When the next try is, epoch ms, if one is due because the gateway is away. */
  retriesAt: number | undefined;
  /** When `value` came, epoch ms. */
  heardAt: number | undefined;
  /** Whether `value` answers other parameters than those asked for now. */
  isOutdated: boolean;
  /** Asks now. */
  reload(): void;
}

interface State<T> extends Omit<Answer<T>, 'reload' | 'isOutdated'> {
  /** What `value` answers. */
  url: string | undefined;
}

const NOTHING = {
  value: undefined,
  failure: undefined,
  retriesAt: undefined,
  heardAt: undefined,
  url: undefined,
};

/**
 * Asks for `operation` whenever its parameters change, and every `everyMs` while the page can be seen. Without parameters
 * it does not ask.
 */
export function useAnswer<O extends Operation>(
  operation: O,
  parameters: ParametersOf<O> | undefined,
  everyMs?: number,
): Answer<AnswerOf<O>> {
  const [state, setState] = useState<State<AnswerOf<O>>>(NOTHING);
  const [turn, setTurn] = useState(0);
  const url = parameters && locate(operation, parameters);
  useEffect(() => {
    if (!parameters) return;
    return keepAsking(operation, parameters, everyMs, (change) =>
      setState((state) => ({ ...state, ...change, url: change.value === undefined ? state.url : url })),
    );
  }, [operation, url, everyMs, turn]);
  const { url: answered, ...rest } = state;
  return { ...rest, isOutdated: answered !== url, reload: () => setTurn((turn) => turn + 1) };
}

function keepAsking<O extends Operation>(
  operation: O,
  parameters: ParametersOf<O>,
  everyMs: number | undefined,
  tell: (change: Partial<State<AnswerOf<O>>>) => void,
): () => void {
  const aborting = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  const once = async () => {
    const result = await ask(operation, parameters, aborting.signal);
    let waitMs = everyMs;
    if ('value' in result) {
      failures = 0;
      tell({ value: result.value, heardAt: Date.now(), failure: undefined, retriesAt: undefined });
    } else {
      const isAway = result.failure.kind === 'away';
      if (isAway) waitMs = backOff(++failures);
      tell({ failure: result.failure, retriesAt: isAway && waitMs ? Date.now() + waitMs : undefined });
    }
    if (waitMs !== undefined) timer = setTimeout(again, waitMs);
  };
  const again = () => {
    timer = undefined;
    // Nobody looks: the next look asks.
    if (document.hidden) document.addEventListener('visibilitychange', again, { once: true });
    else once().catch(() => {});
  };
  once().catch(() => {});
  return () => {
    aborting.abort();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', again);
  };
}
