// What the colours and signs of the timeline mean: only those that are in it.

import { isTrouble, SIGNS } from './drawMarks.ts';
import { KIND_TOKENS, KINDS, PHASES } from './palette.ts';
import type { Timeline } from './timeline.ts';

export function TimelineLegend({ timeline }: { timeline: Timeline }) {
  const phases = new Set(timeline.bands.map(({ phase }) => phase));
  const marks = new Set(timeline.marks.map(({ kind }) => kind));
  const kinds = new Set(timeline.downloads.map(({ kind }) => kind));
  return (
    <div class="timeline-legend small">
      <ul aria-label="Phases">
        {PHASES.filter((phase) => phases.has(phase)).map((phase) => (
          <li key={phase}>
            <i
              class={phase === 'stalled' ? 'swatch is-hatched' : 'swatch'}
              style={{ background: `var(--phase-${phase})` }}
            />
            {phase}
          </li>
        ))}
      </ul>
      <ul aria-label="Events">
        {Object.entries(SIGNS)
          .filter(([kind]) => marks.has(kind as keyof typeof SIGNS))
          .map(([kind, sign]) => (
            <li key={kind}>
              <b class={isTrouble({ kind: kind as keyof typeof SIGNS }) ? 'is-trouble' : ''}>{sign}</b>
              {kind.replaceAll('_', ' ')}
            </li>
          ))}
      </ul>
      <ul aria-label="Downloads">
        {KINDS.map((kind, i) => [kind, KIND_TOKENS[i]] as const)
          .filter(([kind]) => kinds.has(kind))
          .map(([kind, token]) => (
            <li key={kind}>
              <i class="swatch" style={{ background: `var(${token})` }} />
              {kind}
            </li>
          ))}
        {timeline.downloads.length > 0 && <li class="muted">pale: waiting for the first byte</li>}
      </ul>
    </div>
  );
}
