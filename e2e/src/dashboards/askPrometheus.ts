// One query as Grafana sends it: over the range, or at its end.
import { type Choices, interpolate, type Range, stepOf } from './grafana.ts';
import type { Asked } from './readDashboards.ts';

/** What came back, as far as it matters to a panel. */
export interface Answer {
  /** Series with at least one finite value. */
  series: number;
  /** Whether one of the values is not 0. */
  hasMoved: boolean;
}

interface Series {
  value?: [number, string];
  values?: [number, string][];
}

/** How long the range shown is, and how wide a chart. */
const SECONDS = 300;
const POINTS = 600;

/** @throws When Prometheus cannot read the query. */
export async function askPrometheus(
  origin: string,
  asked: Asked,
  choices: Choices,
  scrape: number,
): Promise<Answer> {
  const now = Date.now() / 1000;
  const step = asked.instant ? scrape : stepOf(SECONDS, POINTS, asked.step, scrape);
  // Grafana aligns charts, so that the same times are asked for again.
  const end = asked.instant ? now : Math.floor(now / step) * step;
  const range = { start: end - SECONDS, end, step, scrape };
  const query = interpolate(asked.expr, choices, range);
  const result = await ask(origin, asked.instant ? 'query' : 'query_range', query, range);
  const values = result.map(({ value, values = [] }) =>
    (value ? [value] : values).map(([, text]) => Number(text)),
  );
  const finite = values.map((series) => series.filter(Number.isFinite)).filter((series) => series.length > 0);
  return { series: finite.length, hasMoved: finite.some((series) => series.some((value) => value !== 0)) };
}

async function ask(origin: string, path: string, query: string, range: Range): Promise<Series[]> {
  const { start, end, step } = range;
  const parameters: Record<string, string> =
    path === 'query' ? { time: `${end}` } : { start: `${start}`, end: `${end}`, step: `${step}` };
  const body = new URLSearchParams({ query, ...parameters });
  const answer = await fetch(`${origin}/api/v1/${path}`, { method: 'POST', body });
  const { status, error, data } = (await answer.json()) as {
    status: string;
    error?: string;
    data: { result: Series[] };
  };
  if (status !== 'success') throw new Error(`${query}: ${error}`);
  return data.result;
}
