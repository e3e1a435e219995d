// Keys on a timeline that has the focus: arrows move the chosen moment, `+` and `-` zoom around it, `[` and `]` go from one
// trouble to the next, `0` shows the whole.

import { isTrouble } from './drawMarks.ts';
import type { Steering } from './steering.ts';
import { panViewport, revealMoment, wholeSession, zoomViewport } from './viewport.ts';

const ACTIONS: Record<string, (steering: Steering, isShift: boolean) => void> = {
  ArrowLeft: (steering, isShift) => step(steering, -1, isShift),
  ArrowRight: (steering, isShift) => step(steering, 1, isShift),
  Home: (steering) => choose(steering, 0),
  End: (steering) => choose(steering, steering.timeline.length_ms),
  '+': (steering) => zoom(steering, 1 / 1.6),
  '=': (steering) => zoom(steering, 1 / 1.6),
  '-': (steering) => zoom(steering, 1.6),
  '0': ({ onViewport, timeline }) => onViewport(wholeSession(timeline.length_ms)),
  '[': (steering) => goToTrouble(steering, -1),
  ']': (steering) => goToTrouble(steering, 1),
  Escape: ({ onChoose }) => onChoose(undefined),
};

export function steerWithKeys(event: KeyboardEvent, steering: Steering): void {
  const action = ACTIONS[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action(steering, event.shiftKey);
}

/** The trouble after (or before) a moment. */
export function nextTrouble(
  { timeline }: Pick<Steering, 'timeline'>,
  from: number,
  direction: 1 | -1,
): number | undefined {
  const times = timeline.marks.filter(isTrouble).map(({ t }) => t);
  return direction > 0 ? times.find((t) => t > from) : times.findLast((t) => t < from);
}

export function goToTrouble(steering: Steering, direction: 1 | -1): void {
  const { chosen, timeline } = steering;
  const found = nextTrouble(steering, chosen ?? (direction > 0 ? -1 : timeline.length_ms + 1), direction);
  if (found !== undefined) choose(steering, found);
}

function step(steering: Steering, direction: 1 | -1, isPan: boolean): void {
  const { viewport, timeline, chosen, onViewport } = steering;
  const width = viewport.to - viewport.from;
  if (isPan) {
    onViewport(panViewport(viewport, timeline.length_ms, (direction * width) / 5));
    return;
  }
  const start = chosen ?? (direction > 0 ? viewport.from : viewport.to);
  choose(steering, start + (direction * width) / 100);
}

function choose({ viewport, timeline, onViewport, onChoose }: Steering, t: number): void {
  const inside = Math.round(Math.min(Math.max(t, 0), timeline.length_ms));
  onChoose(inside);
  const next = revealMoment(viewport, timeline.length_ms, inside);
  if (next !== viewport) onViewport(next);
}

function zoom({ viewport, timeline, chosen, onViewport }: Steering, factor: number): void {
  const middle = (viewport.from + viewport.to) / 2;
  const isSeen = chosen !== undefined && chosen >= viewport.from && chosen <= viewport.to;
  onViewport(zoomViewport(viewport, timeline.length_ms, isSeen ? chosen : middle, factor));
}
