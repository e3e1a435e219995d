// How bad a session was: a bar, a number, and why.

import { describeReasons } from './describeReason.ts';
import { gradeBadness } from './gradeBadness.ts';

export function BadnessBadge({ badness, reasons }: { badness: number; reasons: readonly string[] }) {
  const why = describeReasons(reasons);
  return (
    <span class={`badness is-${gradeBadness(badness)}-session`} title="Badness: 0 is flawless, 100 a failure">
      <span class="badness-bar" aria-hidden="true">
        <i style={{ width: `${badness}%` }} />
      </span>
      <span class="unseen">Badness </span>
      <b>{Math.round(badness)}</b>
      <span class="badness-why">{why || 'nothing wrong'}</span>
    </span>
  );
}
