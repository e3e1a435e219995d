// Sessions as a table, on a phone as cards. Up and down move along, Enter opens.

import type { Session } from '../../api/generated.ts';
import { formatFigure, NO_VALUE } from '../../figures/formatFigure.ts';
import { formatMoment } from '../../figures/formatTime.ts';
import { linkTo } from '../../route/location.ts';
import { moveFocus } from '../../shell/moveFocus.ts';
import { BadnessBadge } from './BadnessBadge.tsx';
import { describeEnd } from './describeEnd.ts';

const COLUMNS: readonly [title: string, isNumber: boolean][] = [
  ['Session', false],
  ['Badness', false],
  ['Began', false],
  ['Length', true],
  ['Startup', true],
  ['Rebuffering', true],
  ['Bitrate', true],
  ['Errors', true],
  ['End', false],
  ['CDN', false],
  ['Device', false],
  ['Asset', false],
];

export function SessionTable({ sessions }: { sessions: readonly Session[] }) {
  return (
    <div class="table-wrap">
      <table class="session-table" onKeyDown={moveFocus}>
        <thead>
          <tr>
            {COLUMNS.map(([title, isNumber]) => (
              <th key={title} scope="col" class={isNumber ? 'number' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <Row key={session.session_id} session={session} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ session }: { session: Session }) {
  const {
    session_id: id,
    is_live: isLive,
    began_at: beganAt,
    heard_at: heardAt,
    figures,
    attributes,
  } = session;
  const errors = figures.errors ?? 0;
  const startup = figures.startup_ms ?? (figures.exit_before_start ? figures.startup_wait_ms : undefined);
  return (
    <tr class={isLive ? 'is-live' : undefined}>
      <th scope="row" class="session-id">
        <a data-row class="plain mono" href={linkTo('sessions', {}, id)} title={id}>
          {id.slice(0, 8)}
        </a>
        {isLive && <span class="badge is-good">● live</span>}
      </th>
      <td class="session-badness">
        <BadnessBadge badness={session.badness} reasons={session.reasons} />
      </td>
      <Cell title="Began">{formatMoment(beganAt)}</Cell>
      <Cell title="Length" isNumber>
        {formatFigure(heardAt - beganAt, 'milliseconds')}
      </Cell>
      <Cell title="Startup" isNumber>
        {formatFigure(startup, 'milliseconds')}
        {figures.startup_ms === undefined && startup !== undefined && (
          <span class="muted" title="Waited so long, no frame came">
            {' '}
            …
          </span>
        )}
      </Cell>
      <Cell title="Rebuffering" isNumber>
        {formatFigure(figures.rebuffer_ratio, 'ratio')}
      </Cell>
      <Cell title="Bitrate" isNumber>
        {formatFigure(figures.mean_bitrate, 'bits_per_second')}
      </Cell>
      <Cell title="Errors" isNumber>
        {errors === 0 ? <span class="muted">0</span> : <b class="has-errors">{errors}</b>}
      </Cell>
      <Cell title="End">{describeEnd(session)}</Cell>
      <Cell title="CDN">{attributes.cdn ?? NO_VALUE}</Cell>
      <Cell title="Device">
        {[attributes.device_type, attributes.os_family].filter(Boolean).join(', ') || NO_VALUE}
      </Cell>
      <Cell title="Asset">{attributes.asset_id ?? NO_VALUE}</Cell>
    </tr>
  );
}

interface CellProps {
  /** Stands before the value on a phone. */
  title: string;
  isNumber?: boolean;
  children: preact.ComponentChildren;
}

function Cell({ title, isNumber = false, children }: CellProps) {
  return (
    <td data-title={title} class={isNumber ? 'number' : undefined}>
      {children}
    </td>
  );
}
