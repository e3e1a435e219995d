// uPlot as a hook: made anew when what is drawn changes in kind, fed when only values do, and as wide as its box.
import type { RefObject } from 'preact';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Unit } from '../figures/formatFigure.ts';
import { useStore } from '../store.ts';
import { shade } from '../theme/theme.ts';
import type { Band, Line } from './Line.ts';
import { planPlot } from './planPlot.ts';

/** The third argument, which uPlot's types leave out, tells the charts that share the cursor. */
type PublishCursor = (position: { left: number; top: number }, fires: boolean, publishes: boolean) => void;

export interface Plot {
  /** Epoch seconds. */
  times: readonly number[];
  columns: readonly (readonly (number | null)[])[];
  lines: readonly Line[];
  unit: Unit;
  isStacked: boolean;
  bands: readonly Band[];
  height: number;
  sync: string | undefined;
  /** Told the index under the cursor, `undefined` when it leaves. */
  onCursor(index: number | undefined): void;
}

/** Draws into `box`; returns what moves the cursor to an index, or away. */
export function usePlot(
  box: RefObject<HTMLDivElement | null>,
  plot: Plot,
): (index: number | undefined) => void {
  const drawn = useRef<uPlot | undefined>(undefined);
  const latest = useRef(plot);
  latest.current = plot;
  const theme = useStore(shade);
  const kind = plot.lines.map(({ id, color }) => `${id} ${color}`).join();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(
      planPlot(element.clientWidth, () => latest.current),
      toData(latest.current),
      element,
    );
    drawn.current = made;
    const watch = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: latest.current.height }),
    );
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      drawn.current = undefined;
    };
  }, [kind, theme, plot.unit, plot.isStacked, plot.sync]);

  useEffect(() => {
    drawn.current?.setData(toData(latest.current));
  }, [plot.times, plot.columns, plot.bands]);

  return useCallback((index) => {
    const left = index === undefined ? -10 : drawn.current?.valToPos(latest.current.times[index] ?? 0, 'x');
    const setCursor: PublishCursor | undefined = drawn.current?.setCursor;
    setCursor?.({ left: left ?? -10, top: index === undefined ? -10 : 10 }, true, true);
  }, []);
}

function toData({ times, columns }: Plot): uPlot.AlignedData {
  return [[...times], ...columns.map((column) => [...column])];
}
