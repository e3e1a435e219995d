// KPIs over simulated sessions with 95 % confidence intervals, near enough to what the gateway computes to be looked at: ratios
// of sums by linearisation, quantiles by order statistics. And cohorts: filters as the API has them.

const Z = 1.96;
const seconds = (ms) => ms / 1000;
const outcomes = (f) => (f.startup_ms !== undefined || f.exit_before_start || f.view_end === 'error' ? 1 : 0);

/** Of each KPI: part and whole of a session, or its value. */
const TERMS = {
  startup_p50: { q: 0.5, of: (f) => f.startup_ms && seconds(f.startup_ms) },
  startup_p95: { q: 0.95, of: (f) => f.startup_ms && seconds(f.startup_ms) },
  startup_failure_ratio: { part: (f) => Number(f.view_end === 'error' && !f.startup_ms), whole: outcomes },
  exit_before_start_ratio: { part: (f) => f.exit_before_start ?? 0, whole: outcomes },
  rebuffer_ratio: { part: (f) => seconds(f.stalled_ms), whole: (f) => seconds(f.playing_ms + f.stalled_ms) },
  rebuffers_per_hour: { scale: 3600, part: (f) => f.rebuffers, whole: (f) => seconds(f.playing_ms) },
  playback_failure_ratio: {
    part: (f) => Number(f.view_end === 'error' && !!f.startup_ms),
    whole: (f) => Number(!!f.startup_ms),
  },
  bitrate: { part: (f) => (f.mean_bitrate ?? 0) * seconds(f.media_ms), whole: (f) => seconds(f.media_ms) },
  switches_per_hour: {
    scale: 3600,
    part: (f) => f.switches_up + f.switches_down,
    whole: (f) => seconds(f.playing_ms),
  },
  dropped_frame_ratio: { part: (f) => f.frames_dropped, whole: (f) => f.frames_decoded },
  qualified_ratio: { part: (f) => Number(f.playing_ms >= 30_000), whole: () => 1 },
};

/** The KPIs sessions are known by. */
export const knownKpis = Object.keys(TERMS);

export function estimate(sessions, kpi) {
  const { q, of, part, whole, scale = 1 } = TERMS[kpi];
  const figures = sessions.map((session) => session.figures);
  if (of) return quantile(figures.map(of).filter(Boolean), q, sessions.length);
  const [parts, wholes] = [figures.map(part), figures.map(whole)];
  const [top, bottom] = [sum(parts), sum(wholes)];
  if (bottom === 0) return { value: null, low: null, high: null, sessions: sessions.length, whole: 0 };
  const ratio = top / bottom;
  const residues = sum(parts.map((part, i) => (part - ratio * wholes[i]) ** 2));
  const error = (Z * Math.sqrt((residues * figures.length) / Math.max(figures.length - 1, 1))) / bottom;
  const [low, high] = [Math.max(0, ratio - error), ratio + error];
  return {
    value: ratio * scale,
    low: low * scale,
    high: high * scale,
    sessions: sessions.length,
    whole: bottom,
  };
}

function quantile(values, q, sessions) {
  if (values.length === 0) return { value: null, low: null, high: null, sessions, whole: 0 };
  values.sort((a, b) => a - b);
  const [rank, spread] = [q * values.length, Z * Math.sqrt(values.length * q * (1 - q))];
  const at = (rank) => values[Math.min(Math.max(Math.ceil(rank) - 1, 0), values.length - 1)];
  return { value: at(rank), low: at(rank - spread), high: at(rank + spread), sessions, whole: values.length };
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Whether a session is meant by filters: equal attributes are alternatives, different ones all hold. */
export function matches({ attributes }, filters) {
  const wanted = new Map();
  for (const filter of filters) {
    const isExcluded = filter.startsWith('!');
    const [name, ...rest] = filter.slice(isExcluded ? 1 : 0).split(':');
    const isIt = (attributes[name] ?? '') === rest.join(':');
    if (isExcluded && isIt) return false;
    if (!isExcluded) wanted.set(name, (wanted.get(name) ?? false) || isIt);
  }
  return [...wanted.values()].every(Boolean);
}
