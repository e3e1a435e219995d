// The query the reader looks at: one at a time, beside the number it gives.
import { createStore } from '../store.ts';

export interface ShownQuery {
  title: string;
  promql: string;
  /** What it is shown beside, and where the focus goes back to. */
  anchor: HTMLElement;
}

export const shownQuery = createStore<ShownQuery | undefined>(undefined);

/** The number the reader points at: by the focus first, then by the mouse. */
export function findPointedFigure(): HTMLElement | undefined {
  const focused = document.activeElement?.closest<HTMLElement>('[data-promql]');
  if (focused) return focused;
  const hovered = [...document.querySelectorAll<HTMLElement>('[data-promql]:hover')].at(-1);
  return hovered ?? document.querySelector<HTMLElement>(':hover > [data-promql]') ?? undefined;
}
