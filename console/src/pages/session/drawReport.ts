// The lane of another reporter: its downloads as a waterfall, or its marks where it tells of no downloads.

import { drawDownloads } from './drawDownloads.ts';
import { drawMarks } from './drawMarks.ts';
import type { Lane } from './layOutLanes.ts';
import type { Scene } from './scene.ts';

export function drawReport(context: CanvasRenderingContext2D, scene: Scene, lane: Lane): void {
  const report = scene.reports.find(({ id }) => id === lane.id);
  if (!report) return;
  const { waterfall, marks } = report;
  if (waterfall.downloads.length > 0) drawDownloads(context, { ...scene, waterfall }, lane);
  else drawMarks(context, scene, lane, marks);
}
