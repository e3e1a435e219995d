// What a chart draws.
import type { Unit } from '../figures/formatFigure.ts';

export interface Line {
  id: string;
  title: string;
  /** One for each time; `null` where there is none, which leaves a gap. */
  values: readonly (number | null)[];
  /** A token of theme/tokens.css: `--line-1`. */
  color: string;
  /** Lengths of dashes and gaps, px: what tells lines apart without colour. */
  dash?: readonly number[];
  /** Hatches the area of a stacked line. */
  isHatched?: boolean;
  promql?: string | undefined;
}

/** A stretch of time to point out. */
export interface Band {
  /** Epoch seconds; `to` is `null` while it goes on. */
  from: number;
  to: number | null;
  title: string;
}

export interface ChartData {
  /** Beginnings of the steps, epoch seconds, ascending. */
  at: readonly number[];
  lines: readonly Line[];
  unit: Unit;
}
