// The raw events of a session, thousands of them: only the rows that can be seen exist. Choosing a row chooses its moment on
// the timeline, and the other way round.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { countUntil } from './lookUp.ts';
import { type EventRow, filterEvents } from './readEvents.ts';
import { clockTime } from './timeAxis.ts';

interface Props {
  rows: readonly EventRow[];
  chosen: number | undefined;
  onChoose(t: number): void;
}

const ROW_PX = 24;
const SEEN_ROWS = 14;
/** Rows above and below what is seen, so that scrolling does not show holes. */
const SPARE_ROWS = 8;

export function EventTable({ rows, chosen, onChoose }: Props) {
  const [text, setText] = useState('');
  const [top, setTop] = useState(0);
  const body = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => filterEvents(rows, text), [rows, text]);
  const [picked, setPicked] = useState<EventRow>();
  const current = findCurrent(shown, chosen, picked);
  useEffect(() => {
    if (current >= 0) body.current?.scrollTo({ top: scrollFor(current, body.current.scrollTop) });
  }, [current]);
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const visible = shown.slice(first, first + SEEN_ROWS + 2 * SPARE_ROWS);
  const choose = (row: EventRow) => {
    setPicked(row);
    onChoose(row.t);
  };
  const move = (event: KeyboardEvent) => {
    const to = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: shown.length - 1 }[event.key];
    const row = to === undefined ? undefined : shown[Math.min(Math.max(to, 0), shown.length - 1)];
    if (!row) return;
    event.preventDefault();
    choose(row);
  };
  return (
    <>
      <label class="event-search">
        <span class="unseen">Filter events</span>
        <input type="search" data-search placeholder="Filter events (/)" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <span class="muted small" role="status">
          {shown.length === rows.length ? `${rows.length} events` : `${shown.length} of ${rows.length} events`}
        </span>
      </label>
      <div role="table" aria-label="Raw events" aria-rowcount={shown.length + 1} class="event-table">
        <div role="row" class="event-row event-head" aria-rowindex={1}>
          <span role="columnheader">Time</span>
          <span role="columnheader">Seq</span>
          <span role="columnheader">Event</span>
          <span role="columnheader">Fields</span>
        </div>
        <div
          ref={body}
          class="event-body"
          role="rowgroup"
          tabIndex={0}
          aria-label="Events; up and down choose one"
          style={{ height: `${Math.min(Math.max(shown.length, 2), SEEN_ROWS) * ROW_PX}px` }}
          onScroll={(event) => setTop(event.currentTarget.scrollTop)}
          onKeyDown={move}
        >
          <div style={{ height: `${shown.length * ROW_PX}px`, position: 'relative' }}>
            {visible.map((row, i) => (
              <Row key={row.seq} row={row} at={first + i} isCurrent={first + i === current} onChoose={choose} />
            ))}
          </div>
        </div>
      </div>
    </>
  );
}

interface RowProps {
  row: EventRow;
  at: number;
  isCurrent: boolean;
  onChoose(row: EventRow): void;
}

function Row({ row, at, isCurrent, onChoose }: RowProps) {
  const { t, seq, type, fields } = row;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the table
    <div
      role="row"
      class="event-row"
      aria-rowindex={at + 2}
      aria-current={isCurrent ? 'true' : undefined}
      style={{ top: `${at * ROW_PX}px` }}
      onClick={() => onChoose(row)}
    >
      <span role="cell">{clockTime(t)}</span>
      <span role="cell">{seq}</span>
      <span role="cell">{type}</span>
      <span role="cell" class="event-fields" title={fields}>
        {fields}
      </span>
    </div>
  );
}

/** Many rows may share a moment: the one picked last stands for it. */
function findCurrent(rows: readonly EventRow[], chosen: number | undefined, picked: EventRow | undefined): number {
  if (chosen === undefined) return -1;
  const at = picked?.t === chosen ? rows.findIndex(({ seq }) => seq === picked.seq) : -1;
  return at >= 0 ? at : nearestRow(rows, chosen);
}

/** The row whose time is nearest; of equal ones the first. */
export function nearestRow(rows: readonly EventRow[], t: number): number {
  const after = countUntil(rows, t - 0.5, (row) => row.t);
  const [before, next] = [rows[after - 1], rows[after]];
  if (!before || !next) return before ? after - 1 : next ? 0 : -1;
  return t - before.t < next.t - t ? after - 1 : after;
}

function scrollFor(row: number, top: number): number {
  const [least, most] = [(row + 1 - SEEN_ROWS) * ROW_PX, row * ROW_PX];
  return top >= least && top <= most ? top : Math.max(0, row * ROW_PX - (SEEN_ROWS / 2) * ROW_PX);
}
