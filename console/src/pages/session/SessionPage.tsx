// One session: what its viewer lived through, moment by moment, and what was reported.

import { useMemo, useState } from 'preact/hooks';
import { useAnswer } from '../../api/useAnswer.ts';
import { linkTo } from '../../route/location.ts';
import { NoSessions } from '../../states/NoSessions.tsx';
import { AnswerNotice, Notice } from '../../states/Notice.tsx';
import { createStore } from '../../store.ts';
import type { PageProps } from '../PageProps.ts';
import { EventTable } from './EventTable.tsx';
import { MomentTable } from './MomentTable.tsx';
import { packDownloads } from './packDownloads.ts';
import { packReports } from './packReports.ts';
import { readEvents } from './readEvents.ts';
import { SessionFigures } from './SessionFigures.tsx';
import { SessionHead } from './SessionHead.tsx';
import type { Steering } from './steering.ts';
import { goToTrouble } from './steerWithKeys.ts';
import { TimelineLegend } from './TimelineLegend.tsx';
import { TimelineView } from './TimelineView.tsx';
import type { Timeline } from './timeline.ts';
import { useFreshTimeline } from './useFreshTimeline.ts';
import { useViewport } from './useViewport.ts';
import { revealMoment, wholeSession } from './viewport.ts';

export function SessionPage({ about, tenant, sessionId }: PageProps & { sessionId: string }) {
  const { answer, connection } = useFreshTimeline(tenant, sessionId);
  if (!about.keeps_sessions) return <NoSessions />;
  const timeline = answer.value;
  return (
    <article class="session" aria-label={`Session ${sessionId}`}>
      <AnswerNotice answer={answer} what="the session" />
      {answer.failure?.status === 404 && (
        <p>
          <a href={linkTo('sessions')}>All sessions</a>
        </p>
      )}
      {timeline && <Loaded timeline={timeline} about={about} tenant={tenant} />}
      {connection.state === 'away' && (
        <p class="badge is-warn">Not connected: what is new does not show yet</p>
      )}
    </article>
  );
}

function Loaded({ timeline, about, tenant }: PageProps & { timeline: Timeline }) {
  const { session, length_ms: lengthMs } = timeline;
  const waterfall = useMemo(() => packDownloads(timeline.downloads), [timeline]);
  const reports = useMemo(() => packReports(timeline), [timeline]);
  const { viewport, setViewport, chosen, choose } = useViewport(lengthMs);
  const [cursor] = useState(() => createStore<number | undefined>(undefined));
  const go = (t: number) => {
    choose(t);
    setViewport(revealMoment(viewport, lengthMs, t));
  };
  const view = { timeline, viewport, cursor, chosen, onViewport: setViewport, onChoose: choose };
  return (
    <>
      <SessionHead about={about} session={session} lengthMs={lengthMs} />
      <SessionFigures session={session} />
      {!timeline.is_whole && (
        <Notice kind="empty" title="The journal no longer has the beginning of this session.">
          <p>Figures are whole; the timeline holds what is left.</p>
        </Notice>
      )}
      <section class="panel" aria-label="Timeline">
        <div class="panel-head">
          <h2>Timeline</h2>
          {session.is_live && <span>live: it follows the end until you go elsewhere</span>}
          <TimelineButtons {...view} />
        </div>
        <TimelineView {...view} waterfall={waterfall} reports={reports} />
        <TimelineLegend timeline={timeline} />
        {timeline.left_out > 0 && (
          <p class="muted small">
            {timeline.left_out} points, downloads, marks and bands that say least are left out of so long a
            session; raw events and figures hold all.
          </p>
        )}
        {waterfall.crowded > 0 && (
          <p class="muted small">
            {waterfall.crowded} downloads ran beside more than can be shown below each other; they share the
            last row.
          </p>
        )}
        <MomentTable timeline={timeline} onChoose={go} />
      </section>
      <RawEvents tenant={tenant} timeline={timeline} chosen={chosen} onChoose={go} />
    </>
  );
}

function TimelineButtons(view: Omit<Steering, 'width'>) {
  const steering = { ...view, width: 0 };
  return (
    <div class="timeline-buttons">
      <button
        type="button"
        class="button"
        title="[ on the timeline"
        onClick={() => goToTrouble(steering, -1)}
      >
        ‹ Trouble
      </button>
      <button type="button" class="button" title="] on the timeline" onClick={() => goToTrouble(steering, 1)}>
        Trouble ›
      </button>
      <button
        type="button"
        class="button"
        title="0 on the timeline, or a double click"
        onClick={() => view.onViewport(wholeSession(view.timeline.length_ms))}
      >
        Whole session
      </button>
    </div>
  );
}

interface RawProps {
  tenant: string;
  timeline: Timeline;
  chosen: number | undefined;
  onChoose(t: number): void;
}

/** Asked for after the timeline is on the screen: they are many, and few readers need them. */
function RawEvents({ tenant, timeline, chosen, onChoose }: RawProps) {
  const answer = useAnswer('events', { tenant, session_id: timeline.session.session_id });
  const rows = useMemo(() => readEvents(answer.value ?? []), [answer.value]);
  return (
    <section class="panel session-events" aria-label="Raw events">
      <div class="panel-head">
        <h2>Raw events</h2>
        <span>as they were reported; a click goes to the moment, a click on the timeline comes here</span>
      </div>
      <AnswerNotice answer={answer} what="the events" />
      {answer.value && <EventTable rows={rows} chosen={chosen} onChoose={onChoose} />}
    </section>
  );
}
