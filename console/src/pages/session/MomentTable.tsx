// The timeline in words: its bands and marks as a table, closed until somebody wants it.

import { useState } from 'preact/hooks';
import { formatFigure } from '../../figures/formatFigure.ts';
import { listMoments } from './listMoments.ts';
import { clockTime } from './timeAxis.ts';
import type { Timeline } from './timeline.ts';

/** Rows at first; a session of hours has thousands. */
const FIRST_ROWS = 200;

export function MomentTable({ timeline, onChoose }: { timeline: Timeline; onChoose(t: number): void }) {
  const [isOpen, setOpen] = useState(false);
  const [rows, setRows] = useState(FIRST_ROWS);
  const moments = isOpen ? listMoments(timeline) : [];
  return (
    <details class="moments" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The timeline as a table</summary>
      <div class="table-wrap">
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">
                Time
              </th>
              <th scope="col" class="number">
                Lasted
              </th>
              <th scope="col">What</th>
              <th scope="col">Detail</th>
            </tr>
          </thead>
          <tbody>
            {moments.slice(0, rows).map(({ t, lasted, what, detail }, i) => (
              <tr key={i}>
                <td class="number">
                  <button type="button" class="button-link" onClick={() => onChoose(t)}>
                    {clockTime(t)}
                  </button>
                </td>
                <td class="number">{lasted === undefined ? '' : formatFigure(lasted, 'milliseconds')}</td>
                <td>{what}</td>
                <td>{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {moments.length > rows && (
        <button type="button" class="button" onClick={() => setRows(rows * 4)}>
          {moments.length - rows} more
        </button>
      )}
    </details>
  );
}
