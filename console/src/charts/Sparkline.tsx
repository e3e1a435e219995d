// A line without axes: the way to a number, beside it.
import { drawPath } from './drawPath.ts';

interface Props {
  values: readonly (number | null)[];
  /** In words; a sparkline that only repeats a chart says nothing. */
  label?: string;
  color?: string;
  /** What the vertical axis has to hold at least. */
  lowest?: number;
  highest?: number;
  /** Draws where zero is. */
  hasZero?: boolean;
}

const WIDTH = 120;
const HEIGHT = 28;

export function Sparkline({ values, label, color = '--line-1', lowest = 0, highest, hasZero }: Props) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(highest ?? 0, ...known) || 1;
  const bottom = Math.min(lowest, ...known);
  const path = drawPath(values, { width: WIDTH, height: HEIGHT, bottom, top });
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      aria-hidden={label === undefined}
    >
      {hasZero && <path class="zero" d={drawPath([0, 0], { width: WIDTH, height: HEIGHT, bottom, top })} />}
      <path d={path} stroke={`var(${color})`} />
    </svg>
  );
}
