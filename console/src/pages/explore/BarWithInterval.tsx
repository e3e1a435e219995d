// A value as a bar with the whiskers of its confidence interval, and the value of all as a line to hold it against.

import type { Estimate } from '../../api/generated.ts';
import { shapeBar } from './scaleBars.ts';

interface Props {
  estimate: Estimate;
  total: number | null;
  max: number;
  /** Whether it makes the whole worse: then it is hatched and of another colour. */
  isWorse: boolean;
}

export function BarWithInterval({ estimate, total, max, isWorse }: Props) {
  const bar = shapeBar(estimate, { max });
  if (!bar) return <span class="muted">no value</span>;
  const at = (share: number) => `${(share * 100).toFixed(2)}%`;
  return (
    <span class={`bar ${isWorse ? 'is-worse' : ''}`} aria-hidden="true">
      <i class="bar-value" style={{ width: at(bar.value) }} />
      <i
        class={`whisker ${bar.isCut ? 'is-cut' : ''}`}
        style={{ left: at(bar.low), width: at(bar.high - bar.low) }}
      />
      {total !== null && <i class="bar-total" style={{ left: at(Math.min(total / max, 1)) }} />}
    </span>
  );
}
