// What pointer and keys have to know and to change when they move about in a timeline.

import type { Store } from '../../store.ts';
import type { Timeline } from './timeline.ts';
import type { Viewport } from './viewport.ts';

export interface Steering {
  timeline: Timeline;
  viewport: Viewport;
  /** Of the plot, CSS px. */
  width: number;
  cursor: Store<number | undefined>;
  chosen: number | undefined;
  onViewport(viewport: Viewport): void;
  onChoose(t: number | undefined): void;
}
