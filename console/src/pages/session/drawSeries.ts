// A value over time as an area from zero: buffer, live latency, and bitrate in steps. Where nothing was told for too long the
// line ends; a gap is a gap.

import { formatFigure, type Unit } from '../../figures/formatFigure.ts';
import type { Lane } from './layOutLanes.ts';
import { countUntil } from './lookUp.ts';
import type { Scene } from './scene.ts';
import type { Point, Timeline } from './timeline.ts';
import { timeToX } from './viewport.ts';

export interface Series {
  points: readonly Point[];
  unit: Unit;
  /** Whether a value holds until the next; otherwise it goes there in a line. */
  isStep?: boolean;
  /** Ms after which a value says nothing any more. */
  holdsMs?: number;
}

/** The top of the scale: that of all points, so that zooming does not change heights. */
export function topOfScale(points: readonly Point[]): number {
  return points.reduce((top, [, value]) => Math.max(top, value), 0) * 1.1 || 1;
}

/** Points in the viewport with their neighbours, cut into runs at gaps. */
export function cutRuns(
  { points, holdsMs = Number.POSITIVE_INFINITY }: Series,
  from: number,
  to: number,
): Point[][] {
  const time = ([t]: Point) => t;
  const seen = points.slice(
    Math.max(countUntil(points, from, time) - 1, 0),
    countUntil(points, to, time) + 1,
  );
  const runs: Point[][] = [];
  let last: Point | undefined;
  for (const point of seen) {
    if (!last || point[0] - last[0] > holdsMs) runs.push([]);
    runs.at(-1)?.push(point);
    last = point;
  }
  return runs;
}

export function drawSeries(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: Lane,
  series: Series,
): void {
  const { viewport, width, palette, timeline } = scene;
  const top = topOfScale(series.points);
  const bottom = lane.top + lane.height;
  const y = (value: number) => bottom - (value / top) * (lane.height - 3);
  for (const run of cutRuns(series, viewport.from, viewport.to)) {
    const steps = series.isStep ? toSteps(run, endOfView(timeline)) : run;
    const first = steps[0];
    const last = steps.at(-1);
    if (!first || !last) continue;
    const x = (t: number) => timeToX(viewport, width, t);
    const line = new Path2D();
    for (const [i, [t, value]] of steps.entries()) line[i === 0 ? 'moveTo' : 'lineTo'](x(t), y(value));
    const area = new Path2D(line);
    area.lineTo(x(last[0]), bottom);
    area.lineTo(x(first[0]), bottom);
    area.closePath();
    context.fillStyle = palette.line;
    context.globalAlpha = 0.18;
    context.fill(area);
    context.globalAlpha = 1;
    context.strokeStyle = palette.line;
    context.lineWidth = 1.5;
    context.stroke(line);
    if (first === last) context.strokeRect(x(first[0]) - 1.5, y(first[1]) - 1.5, 3, 3);
  }
  drawScale(context, scene, lane, formatFigure(top / 1.1, series.unit), y(top / 1.1));
}

/** What the player shows after the view is no part of it. */
function endOfView({ bands, length_ms: length }: Timeline): number {
  const last = bands.at(-1);
  return last?.phase === 'ended' ? last.from : length;
}

function toSteps(run: readonly Point[], until: number): Point[] {
  return run.flatMap((point, i): Point[] => [
    point,
    [run[i + 1]?.[0] ?? Math.max(until, point[0]), point[1]],
  ]);
}

function drawScale(
  context: CanvasRenderingContext2D,
  { width, palette }: Scene,
  lane: Lane,
  label: string,
  y: number,
): void {
  context.strokeStyle = palette.rule;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(0, Math.round(y) + 0.5);
  context.lineTo(width, Math.round(y) + 0.5);
  context.stroke();
  context.setLineDash([]);
  const left = width - context.measureText(label).width - 8;
  const below = Math.max(y + 2, lane.top + 2);
  context.fillStyle = palette.surface;
  context.globalAlpha = 0.8;
  context.fillRect(left, below, width - left, 15);
  context.globalAlpha = 1;
  context.fillStyle = palette.muted;
  context.textAlign = 'right';
  context.textBaseline = 'top';
  context.fillText(label, width - 4, below + 1);
}
