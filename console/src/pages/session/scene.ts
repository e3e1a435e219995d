// All that a picture of a timeline follows from.

import type { LaneLayout } from './layOutLanes.ts';
import type { Waterfall } from './packDownloads.ts';
import type { Report } from './packReports.ts';
import type { Palette } from './palette.ts';
import type { Timeline } from './timeline.ts';
import type { Viewport } from './viewport.ts';

export interface Scene {
  timeline: Timeline;
  waterfall: Waterfall;
  /** What others tell. */
  reports: readonly Report[];
  layout: LaneLayout;
  viewport: Viewport;
  /** Of the plot, CSS px. */
  width: number;
  palette: Palette;
}
