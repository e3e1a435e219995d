// The timeline of a session, asked for again when the gateway says that there is more of it, at most once a second.

import { useEffect, useRef } from 'preact/hooks';
import type { Timeline } from '../../api/generated.ts';
import { type Answer, useAnswer } from '../../api/useAnswer.ts';
import { type Connection, useStream } from '../../api/useStream.ts';

const LEAST_MS = 1000;

export function useFreshTimeline(
  tenant: string,
  sessionId: string,
): { answer: Answer<Timeline>; connection: Connection } {
  const parameters = { tenant, session_id: sessionId };
  const answer = useAnswer('timeline', parameters);
  const isLive = answer.value?.session.is_live === true;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(answer);
  latest.current = answer;
  const hear = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current.reload();
    }, LEAST_MS);
  };
  const connection = useStream('sessionStream', isLive ? parameters : undefined, ['changed', 'ended'], hear);
  // What came while the stream was away was not told.
  useEffect(() => {
    if (connection.openings > 1) hear();
  }, [connection.openings]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { answer, connection };
}
