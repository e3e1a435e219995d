// A chart of lines over time, with the values under the cursor and the query behind each. Charts of one `sync` share their
// cursor; the arrow keys move it; words say the same to who cannot see it.
import type { ComponentChildren } from 'preact';
import { useId, useMemo, useRef, useState } from 'preact/hooks';
import { formatMoment } from '../figures/formatTime.ts';
import { describeChart, describeMoment } from './describeChart.ts';
import { Legend } from './Legend.tsx';
import type { Band, ChartData } from './Line.ts';
import { openGaps } from './openGaps.ts';
import { stackColumns } from './stackColumns.ts';
import { usePlot } from './usePlot.ts';

interface Props extends ChartData {
  title: string;
  /** Seconds between two times; what is missing in between is drawn as a gap. */
  stepSeconds: number;
  /** Charts of the same name share their cursor. */
  sync?: string;
  isStacked?: boolean;
  bands?: readonly Band[];
  height?: number;
  /** Beside the title. */
  children?: ComponentChildren;
}

export function Chart(props: Props) {
  const {
    title,
    at,
    lines,
    unit,
    stepSeconds,
    sync,
    isStacked = false,
    bands = [],
    height = 180,
    children,
  } = props;
  const [index, setIndex] = useState<number | undefined>(undefined);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const { times, plain, drawn } = useMemo(() => {
    const opened = openGaps(
      at,
      lines.map((line) => line.values),
      stepSeconds,
    );
    const drawn = isStacked ? stackColumns(opened.columns) : opened.columns;
    return { times: opened.at, plain: opened.columns, drawn };
  }, [at, lines, stepSeconds, isStacked]);
  const move = usePlot(box, {
    times,
    columns: drawn,
    lines,
    unit,
    isStacked,
    bands,
    height,
    sync,
    onCursor: setIndex,
  });
  const step = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    move(Math.max(0, Math.min(times.length - 1, (index ?? times.length - 1) + by)));
  };
  const shown = index ?? times.length - 1;
  const time = times[shown];
  const values = plain.map((column) => column[shown]);
  return (
    <figure class="panel chart" aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {children}
        <span class="chart-time">
          {time === undefined ? '' : index === undefined ? 'latest' : formatMoment(time * 1000)}
        </span>
      </div>
      <Legend title={title} lines={lines} values={values} unit={unit} isStacked={isStacked} />
      <div
        ref={box}
        class="plot"
        role="slider"
        aria-label={describeChart(title, { at, lines, unit }, bands)}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, times.length - 1)}
        aria-valuenow={Math.max(0, shown)}
        aria-valuetext={describeMoment(time, lines, values, unit)}
        tabIndex={0}
        style={{ height: `${height}px` }}
        onKeyDown={step}
        onBlur={() => move(undefined)}
      />
    </figure>
  );
}
