// The whole session in a strip, with the part that is shown below: drag in it to go elsewhere.

import { useLayoutEffect, useRef } from 'preact/hooks';
import { drawBands } from './drawBands.ts';
import { isTrouble } from './drawMarks.ts';
import type { Palette } from './palette.ts';
import { sizeCanvas } from './sizeCanvas.ts';
import type { Timeline } from './timeline.ts';
import { clampViewport, timeToX, type Viewport, wholeSession, xToTime } from './viewport.ts';

interface Props {
  timeline: Timeline;
  viewport: Viewport;
  onViewport(viewport: Viewport): void;
  palette: Palette;
  width: number;
}

const HEIGHT = 18;

export function Overview({ timeline, viewport, onViewport, palette, width }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const whole = wholeSession(timeline.length_ms);
  useLayoutEffect(() => {
    const context = canvas.current && sizeCanvas(canvas.current, width, HEIGHT);
    if (!context) return;
    const viewport = wholeSession(timeline.length_ms);
    context.fillStyle = palette.sunken;
    context.fillRect(0, 0, width, HEIGHT);
    drawBands(context, { timeline, viewport, width, palette }, 4, HEIGHT - 4, false);
    context.fillStyle = palette.bad;
    for (const mark of timeline.marks)
      if (isTrouble(mark)) context.fillRect(timeToX(viewport, width, mark.t) - 1, 0, 2, 4);
  }, [timeline, palette, width]);
  const go = (event: PointerEvent) => {
    if (event.buttons !== 1) return;
    const strip = event.currentTarget as HTMLElement;
    if (event.type === 'pointerdown') strip.setPointerCapture(event.pointerId);
    const t = xToTime(whole, width, event.clientX - strip.getBoundingClientRect().left);
    const half = (viewport.to - viewport.from) / 2;
    onViewport(clampViewport({ from: t - half, to: t + half }, timeline.length_ms));
  };
  const left = timeToX(whole, width, viewport.from);
  const wide = Math.max(timeToX(whole, width, viewport.to) - left, 3);
  return (
    <div class="overview" aria-hidden="true" onPointerDown={go} onPointerMove={go}>
      <canvas ref={canvas} />
      <div class="overview-window" style={{ left: `${left}px`, width: `${wide}px` }} />
    </div>
  );
}
