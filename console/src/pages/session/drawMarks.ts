// What happened, as marks: troubles in the upper row, the rest below. Each kind has its own shape, for those who cannot tell the
// colours apart; marks of one kind that would lie on each other are drawn once.

import type { Lane } from './layOutLanes.ts';
import type { Scene } from './scene.ts';
import type { Mark, ReportedMark } from './timeline.ts';
import { timeToX } from './viewport.ts';

type Kind = Mark['kind'];

/** Signs that every font has; the same are in the legend. */
export const SIGNS: Record<Kind, string> = {
  start: '▷',
  first_frame: '▶',
  stall: '■',
  seek: '»',
  pause: '‖',
  rendition: '◆',
  rate: '×',
  visibility: '◐',
  error: '▲',
  failure: '✕',
  ad: 'A',
  custom: '•',
  end: '◼',
  gap: '?',
};

const TROUBLES: readonly Kind[] = ['stall', 'error', 'failure', 'gap'];

/** Px below which two marks of one kind are one. */
const NEAR_PX = 5;

export function isTrouble({ kind }: Pick<ReportedMark, 'kind'>): boolean {
  return TROUBLES.some((trouble) => trouble === kind);
}

export function drawMarks(
  context: CanvasRenderingContext2D,
  scene: Scene,
  lane: Lane,
  marks: readonly ReportedMark[] = scene.timeline.marks,
): void {
  const { viewport, width, palette } = scene;
  const signs: Partial<Record<string, string>> = SIGNS;
  const lastX = new Map<string, number>();
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const mark of marks) {
    if (mark.t < viewport.from || mark.t > viewport.to) continue;
    const x = Math.min(Math.max(timeToX(viewport, width, mark.t), 5), width - 5);
    if (x - (lastX.get(mark.kind) ?? Number.NEGATIVE_INFINITY) < NEAR_PX) continue;
    lastX.set(mark.kind, x);
    const isUpper = isTrouble(mark);
    context.fillStyle = isUpper ? palette.bad : palette.muted;
    context.fillText(signs[mark.kind] ?? SIGNS.custom, x, lane.top + lane.height * (isUpper ? 0.28 : 0.74));
  }
}
