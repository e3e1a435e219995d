// What the viewer was in, as bands. Stalls are hatched besides their colour and never thinner than two pixels: a stall nobody
// sees would be a lie.

import { formatFigure } from '../../figures/formatFigure.ts';
import type { Palette } from './palette.ts';
import type { Scene } from './scene.ts';
import type { Band } from './timeline.ts';
import { timeToX } from './viewport.ts';

const THINNEST_PX = 2;
const LABEL_PX = 46;

export function drawBands(
  context: CanvasRenderingContext2D,
  { timeline, viewport, width, palette }: Pick<Scene, 'timeline' | 'viewport' | 'width' | 'palette'>,
  top: number,
  height: number,
  isLabelled = true,
): void {
  const seen = timeline.bands.filter(({ from, to }) => to >= viewport.from && from <= viewport.to);
  const stalls = seen.filter(({ phase }) => phase === 'stalled');
  const box = (band: Band) => {
    const from = Math.max(timeToX(viewport, width, band.from), -1);
    return { x: from, wide: Math.min(timeToX(viewport, width, band.to), width + 1) - from };
  };
  for (const band of seen) {
    const { x, wide } = box(band);
    context.fillStyle = palette.phases[band.phase];
    context.fillRect(x, top, wide, height);
    if (isLabelled && wide >= LABEL_PX && band.phase !== 'stalled')
      label(context, palette, band, x, top, wide, height);
  }
  for (const stall of stalls) {
    const { x, wide } = box(stall);
    const shown = Math.max(wide, THINNEST_PX);
    context.fillStyle = palette.phases.stalled;
    context.fillRect(x, top, shown, height);
    hatch(context, palette, x, top, shown, height);
    if (isLabelled && wide >= LABEL_PX) label(context, palette, stall, x, top, wide, height);
  }
}

/** Stalls go through all lanes, faintly: what the buffer and the downloads did meanwhile is the question. */
export function shadeStalls(
  context: CanvasRenderingContext2D,
  { timeline, viewport, width, layout, palette }: Scene,
): void {
  context.fillStyle = palette.badSoft;
  for (const { phase, from, to } of timeline.bands) {
    if (phase !== 'stalled' || to < viewport.from || from > viewport.to) continue;
    const x = timeToX(viewport, width, from);
    context.fillRect(x, 0, Math.max(timeToX(viewport, width, to) - x, 1), layout.axisTop);
  }
}

function hatch(
  context: CanvasRenderingContext2D,
  palette: Palette,
  x: number,
  top: number,
  wide: number,
  height: number,
): void {
  if (wide < 4) return;
  context.save();
  context.beginPath();
  context.rect(x, top, wide, height);
  context.clip();
  context.strokeStyle = palette.surface;
  context.globalAlpha = 0.55;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let at = x - height; at < x + wide; at += 6) {
    context.moveTo(at, top + height);
    context.lineTo(at + height, top);
  }
  context.stroke();
  context.restore();
}

function label(
  context: CanvasRenderingContext2D,
  palette: Palette,
  { phase, from, to }: Band,
  x: number,
  top: number,
  wide: number,
  height: number,
): void {
  const [left, right] = [Math.max(x, 0), x + wide];
  const name = phase === 'ad' ? 'ad' : phase;
  const texts = [`${name} ${formatFigure((to - from) / 1000, 'seconds')}`, name];
  const text = texts.find((text) => context.measureText(text).width + 12 <= right - left);
  if (!text) return;
  const padded = context.measureText(text).width + 8;
  context.fillStyle = palette.surface;
  context.globalAlpha = 0.88;
  context.fillRect(left + 3, top + height / 2 - 8, padded, 16);
  context.globalAlpha = 1;
  context.fillStyle = palette.text;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillText(text, left + 7, top + height / 2 + 0.5);
}
