// Mouse, touch and pen on a timeline: the wheel zooms where the pointer is, dragging pans, two fingers pinch, a click chooses a
// moment, a double click shows the whole again. One finger up or down still scrolls the page.

import type { Steering } from './steering.ts';
import { panViewport, wholeSession, xToTime, zoomViewport } from './viewport.ts';

/** Px a pointer may tremble and still click. */
const CLICK_PX = 4;

/** Listens on `plot`; `read` gives the newest state. Returns what ends it. */
export function steerWithPointer(plot: HTMLElement, read: () => Steering): () => void {
  const pointers = new Map<number, number>();
  let moved = 0;
  const xOf = (event: MouseEvent) => event.clientX - plot.getBoundingClientRect().left;
  const timeOf = (x: number) => xToTime(read().viewport, read().width, x);
  const spread = () => {
    const [a = 0, b = 0] = pointers.values();
    return { middle: (a + b) / 2, distance: Math.max(Math.abs(a - b), 20) };
  };

  const wheel = (event: WheelEvent) => {
    const { viewport, timeline, width, onViewport } = read();
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const delta = (isSideways ? event.deltaX || event.deltaY : event.deltaY) * unit;
    const perPx = (viewport.to - viewport.from) / Math.max(width, 1);
    const next = isSideways
      ? panViewport(viewport, timeline.length_ms, delta * perPx)
      : zoomViewport(viewport, timeline.length_ms, timeOf(xOf(event)), 1.0015 ** delta);
    // At the end of what can be done the page scrolls on.
    if (next.from === viewport.from && next.to === viewport.to) return;
    event.preventDefault();
    onViewport(next);
  };

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, xOf(event));
    moved = 0;
  };

  const move = (event: PointerEvent) => {
    const x = xOf(event);
    read().cursor.set(timeOf(x));
    const last = pointers.get(event.pointerId);
    if (last === undefined) return;
    const before = spread();
    pointers.set(event.pointerId, x);
    moved += Math.abs(x - last);
    const { viewport, timeline, width, onViewport } = read();
    if (pointers.size === 2) {
      const after = spread();
      onViewport(
        zoomViewport(viewport, timeline.length_ms, timeOf(after.middle), before.distance / after.distance),
      );
    } else if (moved > CLICK_PX) {
      const perPx = (viewport.to - viewport.from) / Math.max(width, 1);
      onViewport(panViewport(viewport, timeline.length_ms, (last - x) * perPx));
    }
  };

  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId) || event.type !== 'pointerup') return;
    if (moved <= CLICK_PX) read().onChoose(timeOf(xOf(event)));
  };
  const leave = () => read().cursor.set(undefined);
  const whole = () => read().onViewport(wholeSession(read().timeline.length_ms));

  const listening = new AbortController();
  const options = { signal: listening.signal };
  plot.addEventListener('wheel', wheel, { ...options, passive: false });
  plot.addEventListener('pointerdown', down, options);
  plot.addEventListener('pointermove', move, options);
  plot.addEventListener('pointerup', up, options);
  plot.addEventListener('pointercancel', up, options);
  plot.addEventListener('pointerleave', leave, options);
  plot.addEventListener('dblclick', whole, options);
  return () => listening.abort();
}
