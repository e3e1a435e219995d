// Which session this is: how it went, whose it was, and where its trace is.

import type { About, Session } from '../../api/generated.ts';
import { formatFigure } from '../../figures/formatFigure.ts';
import { formatMoment } from '../../figures/formatTime.ts';
import { formatFilter } from '../../filters/filter.ts';
import { filterable } from '../../filters/filterable.ts';
import { linkTo } from '../../route/location.ts';
import { BadnessBadge } from '../sessions/BadnessBadge.tsx';
import { describeEnd } from '../sessions/describeEnd.ts';
import { CopyButton } from './CopyButton.tsx';

interface Props {
  about: About;
  session: Session;
  lengthMs: number;
}

export function SessionHead({ about, session, lengthMs }: Props) {
  const shared = filterable(about);
  const {
    session_id: id,
    is_live: isLive,
    began_at: beganAt,
    heard_at: heardAt,
    protocol,
    trace_id: trace,
  } = session;
  return (
    <header class="session-head">
      <div class="page-head">
        <h1>
          Session <span class="mono">{id}</span>
        </h1>
        <CopyButton text={id} what="session id" />
        <span class={`badge ${isLive ? 'is-good' : ''}`}>
          {isLive ? '● playing now' : describeEnd(session)}
        </span>
        <BadnessBadge badness={session.badness} reasons={session.reasons} />
      </div>
      <p class="muted">
        Began {formatMoment(beganAt)}, {formatFigure(lengthMs, 'milliseconds')} long, heard last{' '}
        {formatMoment(heardAt)}, over {protocol}.
        {trace && (
          <>
            {' '}
            Trace <span class="mono">{trace}</span> <CopyButton text={trace} what="trace id" />
          </>
        )}
      </p>
      <ul class="session-attributes" aria-label="Attributes; each leads to the sessions that share it">
        {Object.entries(session.attributes).map(([attribute, value]) => (
          <li key={attribute}>
            {shared.includes(attribute) ? (
              <a
                class="plain"
                href={linkTo('sessions', { filter: [formatFilter({ attribute, value, excluded: false })] })}
              >
                <span class="muted">{attribute}</span> {value}
              </a>
            ) : (
              <span>
                <span class="muted">{attribute}</span> {value}
              </span>
            )}
          </li>
        ))}
      </ul>
    </header>
  );
}
