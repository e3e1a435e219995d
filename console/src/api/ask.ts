// Requests to the API: the one place that calls `fetch`.
import { describeThrown, type Failure, readFailure } from './failure.ts';
import { type Operations, PATHS } from './generated.ts';

export type Operation = keyof Operations;
export type ParametersOf<O extends Operation> = Operations[O]['parameters'];
export type AnswerOf<O extends Operation> = Operations[O]['answer'];
export type Result<T> = { value: T } | { failure: Failure };

/** The URL of an operation: braces are filled in, the rest becomes the query. */
export function locate<O extends Operation>(operation: O, parameters: ParametersOf<O>): string {
  const left = new Map(Object.entries(parameters));
  const path = PATHS[operation].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = left.get(name);
    left.delete(name);
    return encodeURIComponent(String(value));
  });
  const query = new URLSearchParams();
  for (const [name, value] of left)
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) query.append(name, String(one));
  return query.size > 0 ? `${path}?${query}` : path;
}

/** Asks once. Never throws, but for an aborted `signal`. */
export async function ask<O extends Operation>(
  operation: O,
  parameters: ParametersOf<O>,
  signal?: AbortSignal,
): Promise<Result<AnswerOf<O>>> {
  try {
    const init = signal ? { signal } : {};
    const response = await fetch(locate(operation, parameters), {
      ...init,
      headers: { accept: 'application/json' },
    });
    if (!response.ok) return { failure: await readFailure(response) };
    return { value: await response.json() };
  } catch (thrown) {
    if (signal?.aborted) throw thrown;
    return { failure: describeThrown(thrown) };
  }
}
