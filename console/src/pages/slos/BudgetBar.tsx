// What is left of an error budget, as a bar: full at the beginning of a window, hatched where more was spent than there was.
import { formatFigure } from '../../figures/formatFigure.ts';

interface Props {
  /** 1 is all of it, below 0 it is overspent; `null`: nobody knows. */
  left: number | null;
}

/** Below this the bar says so. */
const LOW = 0.25;

export function BudgetBar({ left }: Props) {
  const share = left === null ? 0 : Math.min(1, Math.abs(left));
  const kind = left === null ? 'none' : left <= 0 ? 'spent' : left < LOW ? 'low' : 'fine';
  return (
    <svg
      class={`budget-bar ${kind}`}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      role="img"
      aria-label={describe(left)}
    >
      <rect class="whole" width="100" height="8" />
      <rect class="left" width={share * 100} height="8" />
      {kind === 'spent' && <path d={HATCH} />}
    </svg>
  );
}

const HATCH = Array.from({ length: 13 }, (_, index) => `M${index * 8} 8l6 -8`).join('');

function describe(left: number | null): string {
  if (left === null) return 'Error budget: nothing is known';
  if (left <= 0) return `Error budget spent, and ${formatFigure(-left, 'ratio')} of it over`;
  return `${formatFigure(left, 'ratio')} of the error budget left`;
}
