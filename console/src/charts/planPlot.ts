// What uPlot is told: axes, strokes, areas, bands. Colours are read when it is made, values whenever it draws.
import type uPlot from 'uplot';
import { formatRound } from '../figures/formatFigure.ts';
import { readColor } from '../theme/readColor.ts';
import type { Band, Line } from './Line.ts';
import { labelTime } from './labelTime.ts';
import { makeHatch } from './makeHatch.ts';
import type { Plot } from './usePlot.ts';

const AXIS_FONT = '11px system-ui, sans-serif';

/** The options for a plot `width` px wide. */
export function planPlot(width: number, plot: () => Plot): uPlot.Options {
  const { lines, isStacked, height, sync } = plot();
  const axis = {
    stroke: readColor('--muted'),
    font: AXIS_FONT,
    grid: { stroke: readColor('--rule'), width: 1 },
    ticks: { stroke: readColor('--rule'), width: 1, size: 4 },
  };
  return {
    width,
    height,
    // To the right, room for half the label of a last tick.
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: {
      ...(sync ? { sync: { key: sync } } : {}),
      drag: { x: false, y: false },
      points: { show: !isStacked },
    },
    scales: { y: { range: (_, __, highest) => [0, ceiling(highest)] } },
    axes: [
      {
        ...axis,
        size: 24,
        space: 64,
        values: (_, splits) => splits.map((split) => labelTime(split, splits)),
      },
      {
        ...axis,
        size: 62,
        space: 30,
        values: (_, splits) => splits.map((split) => formatRound(split, plot().unit)),
      },
    ],
    series: [{}, ...lines.map((line) => planLine(line, isStacked))],
    bands: isStacked ? lines.slice(1).map((_, index) => ({ series: [index + 2, index + 1] })) : [],
    hooks: {
      drawClear: [(drawn) => drawBands(drawn, plot().bands)],
      setCursor: [(drawn) => plot().onCursor(isInside(drawn) ? (drawn.cursor.idx ?? undefined) : undefined)],
    },
  };
}

function isInside({ cursor }: uPlot): boolean {
  return cursor.left !== undefined && cursor.left !== null && cursor.left >= 0;
}

/** A little room above the highest value; nothing but zeros still has an axis. */
function ceiling(highest: number | null): number {
  return highest === null || highest <= 0 ? 1 : highest * 1.08;
}

function planLine(line: Line, isStacked: boolean): uPlot.Series {
  const color = readColor(line.color);
  const dash = line.dash ? { dash: [...line.dash] } : {};
  const points = { show: false };
  if (!isStacked) return { label: line.title, stroke: color, width: 1.5, points, ...dash };
  const fill = line.isHatched ? makeHatch(color) : soften(color);
  return { label: line.title, stroke: color, width: 1, fill: () => fill, points };
}

/** `rgb(1, 2, 3)` with some of what is behind it. */
function soften(color: string): string {
  return color.replace('rgb(', 'rgba(').replace(')', ', 0.7)');
}

/** Shades a stretch over the whole height, with a firm edge where it begins. */
function drawBands({ ctx, bbox, scales, valToPos }: uPlot, bands: readonly Band[]): void {
  if (bands.length === 0) return;
  const [fill, edge] = [readColor('--bad-soft'), readColor('--bad')];
  const [first = 0, last = 0] = [scales.x?.min, scales.x?.max];
  ctx.save();
  ctx.globalAlpha = 0.75;
  for (const { from, to } of bands) {
    const [begin, end] = [Math.max(from, first), Math.min(to ?? last, last)];
    if (end <= begin) continue;
    const left = valToPos(begin, 'x', true);
    ctx.fillStyle = fill;
    ctx.fillRect(left, bbox.top, Math.max(2, valToPos(end, 'x', true) - left), bbox.height);
    ctx.fillStyle = edge;
    ctx.fillRect(left, bbox.top, 2, bbox.height);
  }
  ctx.restore();
}
