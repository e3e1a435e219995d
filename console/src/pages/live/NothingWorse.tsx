// That nothing got worse, or that it is too early to say so.
import { hasBaseline, type Windows } from './describeWindows.ts';

export function NothingWorse({ windows }: { windows: Windows }) {
  if (!hasBaseline(windows))
    return <p class="muted">Too early to tell: there is nothing before it to hold it against.</p>;
  return (
    <p class="all-well">
      <span aria-hidden="true">✓</span> Nothing is worse than usual.
    </p>
  );
}
