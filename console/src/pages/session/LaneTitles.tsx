// The titles of the lanes, and beside each what held at the cursor.

import { type Store, useStore } from '../../store.ts';
import type { LaneLayout } from './layOutLanes.ts';
import type { Waterfall } from './packDownloads.ts';
import type { Report } from './packReports.ts';
import { readCursor } from './readCursor.ts';
import type { Timeline } from './timeline.ts';

interface Props {
  timeline: Timeline;
  waterfall: Waterfall;
  reports: readonly Report[];
  layout: LaneLayout;
  cursor: Store<number | undefined>;
  chosen: number | undefined;
  reachMs: number;
  isNarrow: boolean;
}

export function LaneTitles({
  timeline,
  waterfall,
  reports,
  layout,
  cursor,
  chosen,
  reachMs,
  isNarrow,
}: Props) {
  const t = useStore(cursor) ?? chosen;
  const values = t === undefined ? {} : readCursor(timeline, waterfall, t, reachMs, reports);
  return (
    <div class="lane-titles" aria-hidden="true">
      {layout.lanes.map(({ id, title, top, height }) => (
        <div
          key={id}
          style={isNarrow ? { top: `${top - 17}px` } : { top: `${top}px`, height: `${height}px` }}
        >
          <strong>{title}</strong>
          <span title={values[id]}>{values[id]}</span>
        </div>
      ))}
    </div>
  );
}
