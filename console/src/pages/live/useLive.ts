// What Live shows: the history as answered, carried on by the stream.
import { useEffect, useState } from 'preact/hooks';
import type { Live, LivePoint } from '../../api/generated.ts';
import { type Answer, useAnswer } from '../../api/useAnswer.ts';
import { type Connection, useStream } from '../../api/useStream.ts';
import { foldPoint } from './foldPoint.ts';

export type Span = Live['span'];

/** How long a history is, seconds. */
const LENGTH: Record<Span, number> = { '1h': 3600, '7d': 7 * 86_400 };
/** The stream knows steps of five seconds only, so a week is asked for again; and an hour while there is no stream. */
const WEEK_EVERY_MS = 60_000;
const WITHOUT_STREAM_EVERY_MS = 15_000;
/** A point comes every second. */
const SILENCE_MS = 15_000;
const EVENTS = ['point'];

export interface LiveState {
  live: Live | undefined;
  /** The newest point, for the tiles. */
  point: LivePoint | undefined;
  answer: Answer<Live>;
  connection: Connection;
}

export function useLive(tenant: string, span: Span): LiveState {
  const [live, setLive] = useState<Live | undefined>(undefined);
  const [point, setPoint] = useState<LivePoint | undefined>(undefined);
  const hear = (_: string, data: string) => {
    const heard: LivePoint = JSON.parse(data);
    setPoint(heard);
    setLive((live) => live && foldPoint(live, heard, LENGTH[live.span]));
  };
  const connection = useStream('liveStream', { tenant }, EVENTS, hear, SILENCE_MS);
  const withoutStream = connection.state === 'away' ? WITHOUT_STREAM_EVERY_MS : undefined;
  const answer = useAnswer('live', { tenant, span }, span === '7d' ? WEEK_EVERY_MS : withoutStream);
  useEffect(() => setLive(answer.value), [answer.value]);
  // What came between two streams is in no point.
  useEffect(() => {
    if (connection.openings > 1) answer.reload();
  }, [connection.openings]);
  return { live: answer.isOutdated ? undefined : live, point, answer, connection };
}
