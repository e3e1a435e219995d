// Which lanes a timeline has, and where they lie: top and height in CSS px. A lane nothing was reported for takes no room.

import { MAX_ROWS } from './packDownloads.ts';
import type { Report } from './packReports.ts';
import type { Timeline } from './timeline.ts';

export type OwnLaneId = 'phases' | 'marks' | 'buffer' | 'latency' | 'bitrate' | 'downloads';
/** Of what another reporter tells. */
export type ReportLaneId = `reports.${string}`;
export type LaneId = OwnLaneId | ReportLaneId;

export interface Lane {
  id: LaneId;
  title: string;
  top: number;
  height: number;
}

export interface LaneLayout {
  lanes: Lane[];
  /** Where the time axis begins, below the last lane. */
  axisTop: number;
  height: number;
}

export const AXIS_PX = 22;
export const ROW_PX = 8;
const GAP_PX = 8;

/** `titlePx` is the room above each lane for its title; 0 where titles stand beside the lanes. */
export function layOutLanes(
  timeline: Timeline,
  waterfallRows: number,
  titlePx = 0,
  reports: readonly Report[] = [],
): LaneLayout {
  const wanted: [LaneId, string, number, boolean][] = [
    ['phases', 'Phase', 30, true],
    ['marks', 'Events', 34, timeline.marks.length > 0],
    ['buffer', 'Buffer', 64, timeline.buffer.length > 0],
    ['latency', 'Live latency', 56, timeline.latency.length > 0],
    ['bitrate', 'Bitrate', 64, timeline.bitrate.length > 0],
    ['downloads', 'Downloads', waterfallPx(waterfallRows), timeline.downloads.length > 0],
    ...reports.map(({ id, title, waterfall }): [LaneId, string, number, boolean] => [
      id,
      title,
      waterfallPx(waterfall.rows),
      true,
    ]),
  ];
  let top = 0;
  const lanes = wanted
    .filter(([, , , isThere]) => isThere)
    .map(([id, title, px]): Lane => {
      const height = Math.max(px, 30);
      const lane = { id, title, top: top + titlePx, height };
      top += titlePx + height + GAP_PX;
      return lane;
    });
  return { lanes, axisTop: top, height: top + AXIS_PX };
}

function waterfallPx(rows: number): number {
  return Math.min(rows, MAX_ROWS) * ROW_PX + 4;
}
