// What Grafana does to a query before Prometheus sees it: variables and macros.
// https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/

/** Of the range shown, in seconds. */
export interface Range {
  start: number;
  end: number;
  /** Between the points of a chart. */
  step: number;
  /** The data source's scrape interval. */
  scrape: number;
}

/** The chosen values of a variable; one that is not for several is a plain text. */
export type Choice = string | string[];
export type Choices = Record<string, Choice>;

/** The step of a chart: at most so many points, never below the panel's least step. */
export function stepOf(seconds: number, points: number, least: string, scrape: number): number {
  return Math.max(Math.ceil(seconds / points), secondsOf(least), scrape);
}

/** The query as it is sent. */
export function interpolate(query: string, choices: Choices, range: Range): string {
  const seconds = Math.round(range.end - range.start);
  const macros: Choices = {
    __rate_interval: `${Math.max(range.step + range.scrape, 4 * range.scrape)}s`,
    __interval: `${range.step}s`,
    __range: `${seconds}s`,
  };
  const all: Choices = { ...choices, ...macros };
  return query.replace(/\$\{(\w+)\}|\$(\w+)/g, (text, braced?: string, bare?: string) => {
    const choice = all[braced ?? bare ?? ''];
    return choice === undefined ? text : choiceText(choice);
  });
}

function choiceText(choice: Choice): string {
  if (typeof choice === 'string') return choice;
  // "All" is the pattern the dashboard gives for it, as it is.
  if (choice.length === 1 && choice[0] === '.*') return '.*';
  const escaped = choice.map(escapeValue);
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
}

/** For a regular expression within a string of PromQL. */
function escapeValue(value: string): string {
  return value.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
}

function secondsOf(duration: string): number {
  const match = /^(\d+)([smhd])$/.exec(duration);
  if (!match) throw new Error(`${duration} is no duration`);
  return Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86_400 }[match[2] as 's' | 'm' | 'h' | 'd'];
}
