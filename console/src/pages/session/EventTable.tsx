// The raw events of a session, thousands of them: only the rows that can be seen exist. Choosing a row chooses its moment on
// the timeline, and the other way round.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { findRow } from './findRow.ts';
import { describeFields, type EventRow, filterEvents } from './readEvents.ts';
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
  const shown = useMemo(() => filterEvents(rows, text), [rows, text]);
  return (
    <>
      <label class="event-search">
        <span class="unseen">Filter events</span>
        <input
          type="search"
          data-search
          placeholder="Filter events (/)"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span class="muted small" role="status">
          {shown.length === rows.length
            ? `${rows.length} events`
            : `${shown.length} of ${rows.length} events`}
        </span>
      </label>
      <Rows rows={shown} chosen={chosen} onChoose={onChoose} />
    </>
  );
}

function Rows({ rows, chosen, onChoose }: Props) {
  const [top, setTop] = useState(0);
  const [picked, setPicked] = useState<EventRow>();
  const box = useRef<HTMLDivElement>(null);
  const current = findRow(rows, chosen, picked);
  useEffect(() => {
    const target = box.current;
    if (!target || current < 0) return;
    target.scrollTop = scrollFor(current, target.scrollTop);
    setTop(target.scrollTop);
  }, [current]);
  useEffect(() => {
    // The row that had the focus may be gone; the focus goes on with the choice.
    if (box.current?.contains(document.activeElement))
      box.current.querySelector<HTMLElement>('[aria-current] button')?.focus({ preventScroll: true });
  }, [current, top]);
  const choose = (row: EventRow) => {
    setPicked(row);
    onChoose(row.t);
  };
  const move = (event: KeyboardEvent) => {
    const to = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = to === undefined ? undefined : rows[Math.min(Math.max(to, 0), rows.length - 1)];
    if (!row) return;
    event.preventDefault();
    choose(row);
  };
  const first = Math.max(0, Math.min(Math.floor(top / ROW_PX) - SPARE_ROWS, rows.length - SEEN_ROWS));
  const visible = rows.slice(first, first + SEEN_ROWS + 2 * SPARE_ROWS);
  const below = rows.length - first - visible.length;
  return (
    <div ref={box} class="event-box" onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <table class="event-table" aria-rowcount={rows.length + 1} onKeyDown={move}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Seq</th>
            <th scope="col">Event</th>
            <th scope="col">Fields</th>
          </tr>
        </thead>
        <tbody>
          <Space rows={first} />
          {visible.map((row, i) => (
            <Row
              key={row.seq}
              row={row}
              at={first + i}
              isCurrent={first + i === current}
              isReached={
                current < first || current >= first + visible.length ? i === 0 : first + i === current
              }
              onChoose={choose}
            />
          ))}
          <Space rows={below} />
        </tbody>
      </table>
    </div>
  );
}

/** Stands for rows that cannot be seen. */
function Space({ rows }: { rows: number }) {
  return rows > 0 ? <tr class="event-space" style={{ height: `${rows * ROW_PX}px` }} /> : null;
}

interface RowProps {
  row: EventRow;
  at: number;
  isCurrent: boolean;
  /** Whether the Tab key stops at it: at one row of all. */
  isReached: boolean;
  onChoose(row: EventRow): void;
}

function Row({ row, at, isCurrent, isReached, onChoose }: RowProps) {
  const { t, seq, type } = row;
  const fields = describeFields(row.fields);
  return (
    <tr class="event-row" aria-rowindex={at + 2} aria-current={isCurrent ? 'true' : undefined}>
      <td>
        <button type="button" tabIndex={isReached ? 0 : -1} onClick={() => onChoose(row)}>
          {clockTime(t)}
        </button>
      </td>
      <td>{seq}</td>
      <td>{type}</td>
      <td title={fields}>{fields}</td>
    </tr>
  );
}

/** Leaves what is seen already where it is. The head of the table covers one row. */
function scrollFor(row: number, top: number): number {
  const [least, most] = [(row + 2 - SEEN_ROWS) * ROW_PX, row * ROW_PX];
  return top >= least && top <= most ? top : Math.max(0, (row - SEEN_ROWS / 2) * ROW_PX);
}
