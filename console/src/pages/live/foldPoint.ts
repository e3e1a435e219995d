// How the stream goes on where the answer of `live` ended.
import type { Live, LivePoint } from '../../api/generated.ts';

type Values = (number | null)[];

/**
 * The history with one more point: it replaces the step of the same time, or begins a new one and lets go of what is older
 * than the history is long. Points of other steps, or of the past, change nothing.
 */
export function foldPoint(live: Live, point: LivePoint, lengthSeconds: number): Live {
  const last = live.at_s.at(-1);
  if (point.step_s !== live.step_s || (last !== undefined && point.at_s < last)) return live;
  const kept = last === point.at_s ? live.at_s.slice(0, -1) : live.at_s;
  const oldest = point.at_s - lengthSeconds;
  const first = Math.max(
    0,
    kept.findIndex((at) => at > oldest),
  );
  const extend = (columns: Record<string, Values>, values: Record<string, number | null>) =>
    mapValues({ ...values, ...columns }, (name) => {
      const column = columns[name] ?? Array(kept.length).fill(null);
      return [...column.slice(first, kept.length), values[name] ?? null];
    });
  return {
    ...live,
    at_s: [...kept.slice(first), point.at_s],
    series: extend(live.series, point.values),
    phases: extend(live.phases, point.phases),
  };
}

function mapValues<T>(names: Record<string, unknown>, value: (name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, value(name)]));
}
