// Why there is no answer, in words for the reader.
import type { Refusal } from './generated.ts';

export interface Failure {
  /** `away`: nobody answered, or somebody on the way said that nobody does; asking again later may help. */
  kind: 'away' | 'refused';
  /** 0 when there was no answer at all. */
  status: number;
  message: string;
  hint: string;
}

const AWAY: Failure = {
  kind: 'away',
  status: 0,
  message: 'The gateway does not answer.',
  hint: 'It may be starting again, or the network may be down.',
};

/** What an answer that is no success says; bodies that are no refusal of the gateway are not shown. */
export async function readFailure(response: Response): Promise<Failure> {
  const { status } = response;
  const body: Partial<Refusal> = await response.json().catch(() => ({}));
  const kind = status >= 500 || status === 429 ? 'away' : 'refused';
  const message = body.message ?? `The gateway answered ${status}.`;
  return { kind, status, message, hint: body.hint ?? '' };
}

/** What a request that threw comes to. */
export function describeThrown(thrown: unknown): Failure {
  if (thrown instanceof SyntaxError)
    return {
      ...AWAY,
      message: 'The answer was not JSON.',
      hint: 'Is something between here and the gateway?',
    };
  return AWAY;
}
