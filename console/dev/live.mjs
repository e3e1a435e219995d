// An hour, or a week, of a service whose `edge-b` began to fail six minutes ago. Drawn from the time alone, so that the stream
// and the answer agree about each step.
import { kpis, promqlOf } from './contract.mjs';

const SPANS = { '1h': { step: 5, length: 3600 }, '7d': { step: 600, length: 7 * 86_400 } };
const FAULT_SECONDS = 360;
const TILE_SECONDS = 60;

/** Usual value, value under the fault, share of noise. */
const LEVELS = {
  viewers: [4200, 4020, 0.006],
  attempts: [11, 10.4, 0.08],
  startup_p50: [0.62, 0.71, 0.04],
  startup_p95: [1.48, 4.35, 0.06],
  startup_failure_ratio: [0.004, 0.031, 0.3],
  exit_before_start_ratio: [0.021, 0.046, 0.15],
  rebuffer_ratio: [0.0031, 0.0247, 0.12],
  rebuffers_per_hour: [0.8, 5.9, 0.12],
  playback_failure_ratio: [0.0022, 0.0148, 0.3],
  bitrate: [5.4e6, 4.1e6, 0.01],
  switches_per_hour: [6.2, 21, 0.08],
  live_latency_p50: [4.1, 4.9, 0.03],
  live_latency_p95: [7.8, 12.6, 0.05],
  seek_p95: [0.9, 1.7, 0.08],
  dropped_frame_ratio: [0.0009, 0.001, 0.2],
  segment_p95: [0.84, 3.2, 0.06],
  ttfb_p95: [0.19, 0.88, 0.06],
  download_failure_ratio: [0.0008, 0.019, 0.3],
  throughput: [23.5e6, 15.1e6, 0.03],
  qualified_ratio: [0.81, 0.74, 0.01],
  ad_failure_ratio: [0.012, 0.012, 0.2],
};
const PHASES = {
  playing: [0.9, 0.842],
  startup: [0.015, 0.031],
  stalled: [0.004, 0.048],
  seeking: [0.006, 0.006],
  paused: [0.055, 0.053],
  ad: [0.02, 0.02],
};

/** `0` to `1`, the same for the same step and name. */
function noise(seconds, name) {
  let hash = 2_166_136_261;
  for (const code of `${name}${seconds}`) hash = Math.imul(hash ^ code.charCodeAt(0), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** How far the fault has come, 0 to 1, and the time of day of an audience. */
function courseOf(seconds, now) {
  const fault = Math.min(1, Math.max(0, (seconds - (now / 1000 - FAULT_SECONDS)) / 60));
  const daily = 0.72 + 0.28 * Math.sin(((seconds % 86_400) / 86_400 - 0.5) * 2 * Math.PI);
  return { fault, daily };
}

function levelOf(id, seconds, now) {
  const [usual, faulty, spread] = LEVELS[id];
  const { fault, daily } = courseOf(seconds, now);
  const level = usual + (faulty - usual) * fault;
  const size = id === 'viewers' || id === 'attempts' ? daily : 1;
  return level * size * (1 + spread * 2 * (noise(seconds, id) - 0.5));
}

function phaseOf(name, seconds, now) {
  const [usual, faulty] = PHASES[name];
  const share = usual + (faulty - usual) * courseOf(seconds, now).fault;
  const level = share * (1 + 0.1 * (noise(seconds, name) - 0.5));
  return Math.round(levelOf('viewers', seconds, now) * (name === 'playing' ? share : level));
}

const rounded = (id, value) => (id === 'viewers' ? Math.round(value) : Number(value.toPrecision(5)));
const each = (names, value) => Object.fromEntries(names.map((name) => [name, value(name)]));
const ids = kpis.map(({ id }) => id);

export function answerLive({ tenant, query }, now) {
  const span = query.get('span') ?? '1h';
  const { step, length } = SPANS[span];
  const last = Math.floor(now / 1000 / step) * step;
  const at = Array.from({ length: length / step }, (_, index) => last - length + (index + 1) * step);
  // The gateway was down for a while: half past the hour, or a third into the week.
  const isDown = (seconds) => seconds > last - length * 0.68 && seconds < last - length * 0.65;
  const up = at.filter((seconds) => !isDown(seconds));
  return {
    tenant,
    span,
    step_s: step,
    at_s: up,
    series: each(ids, (id) => up.map((seconds) => rounded(id, levelOf(id, seconds, now)))),
    phases: each(Object.keys(PHASES), (name) => up.map((seconds) => phaseOf(name, seconds, now))),
    queries: {
      ...each(ids, (id) => promqlOf(id)),
      phases: 'sum by (phase) (openqoe_playback_active_sessions{tenant="default"})',
    },
  };
}

/** What the stream says each second. */
export function livePoint(now) {
  const at = Math.floor(now / 5000) * 5;
  const steps = Array.from({ length: TILE_SECONDS / 5 }, (_, index) => at - index * 5);
  const mean = (id) => steps.reduce((sum, seconds) => sum + levelOf(id, seconds, now), 0) / steps.length;
  return {
    at_s: at,
    step_s: 5,
    values: each(ids, (id) => rounded(id, levelOf(id, at, now))),
    phases: each(Object.keys(PHASES), (name) => phaseOf(name, at, now)),
    tiles: each(ids, (id) => rounded(id, id === 'viewers' ? levelOf(id, at, now) : mean(id))),
    tile_window_s: TILE_SECONDS,
  };
}
