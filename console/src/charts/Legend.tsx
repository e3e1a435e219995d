// The lines of a chart: how each is drawn, and what it is under the cursor.
import { Figure } from '../figures/Figure.tsx';
import { formatFigure, type Unit } from '../figures/formatFigure.ts';
import type { Line } from './Line.ts';

interface Props {
  title: string;
  lines: readonly Line[];
  values: readonly (number | null | undefined)[];
  unit: Unit;
  isStacked: boolean;
}

export function Legend({ title, lines, values, unit, isStacked }: Props) {
  return (
    <ul class="legend">
      {lines.map((line, index) => (
        <li key={line.id}>
          {isStacked ? <Area line={line} /> : <Stroke line={line} />}
          <span class="legend-title">{line.title}</span>
          <Figure title={`${title}: ${line.title}`} promql={line.promql}>
            {formatFigure(values[index], unit)}
          </Figure>
        </li>
      ))}
    </ul>
  );
}

function Stroke({ line }: { line: Line }) {
  return (
    <svg class="swatch" width="20" height="8" aria-hidden="true">
      <path
        d="M0 4H20"
        stroke={`var(${line.color})`}
        stroke-width="2.5"
        stroke-dasharray={line.dash?.join(' ')}
      />
    </svg>
  );
}

function Area({ line }: { line: Line }) {
  return (
    <svg class="swatch" width="12" height="12" aria-hidden="true">
      <rect
        width="12"
        height="12"
        rx="2"
        fill={`var(${line.color})`}
        fill-opacity={line.isHatched ? 0.35 : 0.75}
      />
      {line.isHatched && (
        <path d="M0 12L12 0M-3 7L7 -3M5 15L15 5" stroke={`var(${line.color})`} stroke-width="2" />
      )}
    </svg>
  );
}
