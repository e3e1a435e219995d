// Draws a timeline on a canvas, lane by lane, only what the viewport shows. The context is scaled so that units are CSS px.

import { drawBands, shadeStalls } from './drawBands.ts';
import { drawDownloads } from './drawDownloads.ts';
import { drawMarks } from './drawMarks.ts';
import { drawReport } from './drawReport.ts';
import { drawSeries } from './drawSeries.ts';
import type { Lane, LaneId, OwnLaneId } from './layOutLanes.ts';
import { HOLDS_MS } from './readCursor.ts';
import type { Scene } from './scene.ts';
import { timeTicks } from './timeAxis.ts';
import { timeToX } from './viewport.ts';

type Draw = (context: CanvasRenderingContext2D, scene: Scene, lane: Lane) => void;

const LANES: Record<OwnLaneId, Draw> & Partial<Record<LaneId, Draw>> = {
  phases: (context, scene, lane) => drawBands(context, scene, lane.top, lane.height),
  marks: drawMarks,
  buffer: (context, scene, lane) =>
    drawSeries(context, scene, lane, {
      points: scene.timeline.buffer,
      unit: 'milliseconds',
      holdsMs: HOLDS_MS,
    }),
  latency: (context, scene, lane) =>
    drawSeries(context, scene, lane, {
      points: scene.timeline.latency,
      unit: 'milliseconds',
      holdsMs: HOLDS_MS,
    }),
  bitrate: (context, scene, lane) =>
    drawSeries(context, scene, lane, {
      points: scene.timeline.bitrate,
      unit: 'bits_per_second',
      isStep: true,
    }),
  downloads: drawDownloads,
};

/** Px between labels of the axis. */
const TICK_PX = 90;

export function drawTimeline(context: CanvasRenderingContext2D, scene: Scene): void {
  const { layout, width, palette } = scene;
  context.clearRect(0, 0, width, layout.height);
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, width, layout.height);
  for (const { top, height } of layout.lanes) {
    context.fillStyle = palette.sunken;
    context.fillRect(0, top, width, height);
  }
  drawAxis(context, scene);
  shadeStalls(context, scene);
  for (const lane of layout.lanes) {
    context.save();
    context.beginPath();
    context.rect(0, lane.top, width, lane.height);
    context.clip();
    (LANES[lane.id] ?? drawReport)(context, scene, lane);
    context.restore();
  }
}

function drawAxis(context: CanvasRenderingContext2D, { viewport, layout, width, palette }: Scene): void {
  const ticks = timeTicks(viewport.from, viewport.to, Math.max(2, Math.floor(width / TICK_PX)));
  context.font = font(context);
  context.textBaseline = 'top';
  for (const { t, label } of ticks) {
    const x = Math.round(timeToX(viewport, width, t)) + 0.5;
    context.strokeStyle = palette.rule;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, layout.axisTop + 4);
    context.stroke();
    const half = context.measureText(label).width / 2;
    context.fillStyle = palette.muted;
    context.textAlign = 'center';
    context.fillText(label, Math.min(Math.max(x, half), width - half), layout.axisTop + 7);
  }
}

/** The page's own font, small. */
export function font(context: CanvasRenderingContext2D): string {
  return `12px ${getComputedStyle(context.canvas).fontFamily}`;
}
