// The timeline of a session: lanes over one axis of time, a line through all of them at the cursor, and what held there. For
// who cannot see it, it is a slider over time that speaks; the table below holds the same.

import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { type Store, useStore } from '../../store.ts';
import { shade } from '../../theme/theme.ts';
import { drawTimeline } from './drawTimeline.ts';
import { LaneTitles } from './LaneTitles.tsx';
import { layOutLanes } from './layOutLanes.ts';
import { Overview } from './Overview.tsx';
import type { Waterfall } from './packDownloads.ts';
import type { Report } from './packReports.ts';
import { readPalette } from './palette.ts';
import { readCursor } from './readCursor.ts';
import { sizeCanvas } from './sizeCanvas.ts';
import { steerWithKeys } from './steerWithKeys.ts';
import { steerWithPointer } from './steerWithPointer.ts';
import { clockTime } from './timeAxis.ts';
import type { Timeline } from './timeline.ts';
import { useWidth } from './useWidth.ts';
import { timeToX, type Viewport } from './viewport.ts';

interface Props {
  timeline: Timeline;
  waterfall: Waterfall;
  reports: readonly Report[];
  viewport: Viewport;
  onViewport(viewport: Viewport): void;
  /** Where the pointer or the keys are, ms; changes too often to be drawn with everything else. */
  cursor: Store<number | undefined>;
  /** The moment that was chosen, ms. */
  chosen: number | undefined;
  onChoose(t: number | undefined): void;
}

/** Titles stand beside the lanes where there is room, above them on a phone. */
const NARROW_PX = 620;
const TITLE_PX = 18;

export function TimelineView(props: Props) {
  const { timeline, waterfall, reports, viewport, cursor, chosen } = props;
  const [box, boxWidth] = useWidth<HTMLDivElement>();
  const plot = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const shadeNow = useStore(shade);
  const palette = useMemo(() => readPalette(shadeNow), [shadeNow]);
  const isNarrow = boxWidth < NARROW_PX;
  const layout = useMemo(
    () => layOutLanes(timeline, waterfall.rows, isNarrow ? TITLE_PX : 0, reports),
    [timeline, waterfall, reports, isNarrow],
  );
  const width = isNarrow ? boxWidth : boxWidth - 148;
  useLayoutEffect(() => {
    const context = canvas.current && sizeCanvas(canvas.current, width, layout.height);
    if (!context) return;
    drawTimeline(context, { timeline, waterfall, reports, layout, viewport, width, palette });
    if (!performance.getEntriesByName('session-drawn').length) performance.mark('session-drawn');
  }, [timeline, waterfall, reports, layout, viewport, width, palette]);
  const latest = useRef({ ...props, width });
  latest.current = { ...props, width };
  useEffect(() => (plot.current ? steerWithPointer(plot.current, () => latest.current) : undefined), []);
  return (
    <div class={`timeline ${isNarrow ? 'is-narrow' : ''}`} ref={box}>
      <Overview {...props} palette={palette} width={width} />
      <LaneTitles
        timeline={timeline}
        waterfall={waterfall}
        reports={reports}
        layout={layout}
        cursor={cursor}
        chosen={chosen}
        reachMs={reach(viewport, width)}
        isNarrow={isNarrow}
      />
      <div
        ref={plot}
        class="timeline-plot"
        style={{ height: `${layout.height}px` }}
        tabIndex={0}
        role="slider"
        aria-label="Time in the session"
        aria-valuemin={0}
        aria-valuemax={timeline.length_ms}
        aria-valuenow={Math.round(chosen ?? 0)}
        aria-valuetext={speak(props, reach(viewport, width))}
        onKeyDown={(event) => steerWithKeys(event, latest.current)}
      >
        <canvas ref={canvas} />
        <CursorLine cursor={cursor} viewport={viewport} width={width} height={layout.axisTop} />
        {chosen !== undefined && (
          <Line class="is-chosen" t={chosen} viewport={viewport} width={width} height={layout.axisTop} />
        )}
      </div>
    </div>
  );
}

/** How far from the cursor a mark is still meant: six pixels of time. */
function reach({ from, to }: Viewport, width: number): number {
  return ((to - from) / Math.max(width, 1)) * 6;
}

function speak({ timeline, waterfall, reports, chosen }: Props, reachMs: number): string {
  if (chosen === undefined) return 'nothing chosen';
  const values = readCursor(timeline, waterfall, chosen, reachMs, reports);
  const { phases = '', marks = '', buffer, latency, bitrate, downloads } = values;
  const named = [
    buffer && `buffer ${buffer}`,
    latency && `latency ${latency}`,
    bitrate,
    downloads && `downloading ${downloads}`,
    ...reports.map(({ id, title }) => values[id] && `${title}: ${values[id]}`),
  ];
  return [clockTime(chosen), phases, marks, ...named].filter(Boolean).join(', ');
}

interface LineProps {
  viewport: Viewport;
  width: number;
  height: number;
}

function CursorLine({ cursor, ...line }: LineProps & { cursor: Store<number | undefined> }) {
  const t = useStore(cursor);
  return t === undefined ? null : <Line t={t} {...line} label />;
}

function Line({
  t,
  viewport,
  width,
  height,
  class: extra = '',
  label = false,
}: LineProps & { t: number; class?: string; label?: boolean }) {
  const x = timeToX(viewport, width, t);
  if (x < -0.5 || x > width + 0.5) return null;
  return (
    <div
      class={`cursor-line ${extra}`}
      style={{ transform: `translateX(${Math.round(x)}px)`, height: `${height}px` }}
    >
      {label && (
        <span class={x > width - 80 ? 'is-left' : ''}>
          {clockTime(t, (viewport.to - viewport.from) / 500)}
        </span>
      )}
    </div>
  );
}
