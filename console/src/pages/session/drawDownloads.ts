// The segment waterfall: from request to first byte pale, from there to the last byte full. What failed is crossed out. Beyond
// a few thousand downloads many share a pixel; what lies entirely below what was drawn already is left out, failures never.

import { type Lane, ROW_PX } from './layOutLanes.ts';
import { countUntil } from './lookUp.ts';
import type { PackedDownload } from './packDownloads.ts';
import type { Scene } from './scene.ts';
import { timeToX } from './viewport.ts';

const PALE = 0.4;

/** Downloads that reach into a range of time. */
export function visibleDownloads({
  waterfall,
  viewport,
}: Pick<Scene, 'waterfall' | 'viewport'>): PackedDownload[] {
  const { downloads, longestMs } = waterfall;
  const began = (packed: PackedDownload) => packed.download.from;
  const first = countUntil(downloads, viewport.from - longestMs - 1, began);
  return downloads.slice(first, countUntil(downloads, viewport.to, began));
}

export function drawDownloads(context: CanvasRenderingContext2D, scene: Scene, lane: Lane): void {
  const { viewport, width, palette } = scene;
  const drawnTo: number[] = [];
  for (const { download, row } of visibleDownloads(scene)) {
    const from = timeToX(viewport, width, download.from);
    const to = Math.max(timeToX(viewport, width, download.to), from + 1);
    if (to < 0 || (!download.failed && to <= (drawnTo[row] ?? 0))) continue;
    drawnTo[row] = Math.max(drawnTo[row] ?? 0, Math.ceil(to));
    const y = lane.top + 2 + row * ROW_PX;
    const firstByte = timeToX(viewport, width, download.first_byte ?? download.from);
    context.fillStyle = download.failed ? palette.bad : (palette.kinds[download.kind] ?? palette.muted);
    context.globalAlpha = PALE;
    context.fillRect(from, y, to - from, ROW_PX - 1);
    context.globalAlpha = 1;
    if (download.failed) crossOut(context, palette.bad, from, to, y);
    else context.fillRect(Math.min(firstByte, to - 1), y, Math.max(to - firstByte, 1), ROW_PX - 1);
  }
}

function crossOut(
  context: CanvasRenderingContext2D,
  color: string,
  from: number,
  to: number,
  y: number,
): void {
  const [middle, half] = [(from + to) / 2, 3];
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.strokeRect(from, y, to - from, ROW_PX - 1);
  context.beginPath();
  context.moveTo(middle - half, y);
  context.lineTo(middle + half, y + ROW_PX - 1);
  context.moveTo(middle + half, y);
  context.lineTo(middle - half, y + ROW_PX - 1);
  context.stroke();
}
