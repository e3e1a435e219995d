// Generated from spec/api/openapi.yaml by `npm run api -w console`; do not edit.

export type Refusal = {
  error: string;
  message: string;
  hint?: string;
};

export type Number = number | null;

/** PromQL by KPI id (or by name of a figure): the query of Prometheus that gives the number. */
export type Queries = Record<string, string>;

export type Labels = Record<string, string>;

export type About = {
  version: string;
  spec_version: string;
  now: number;
  /** Those the reader may see. */
  tenants: Array<string>;
  sees: 'everything' | 'tenant';
  demo: boolean;
  /** Whether there is a data directory: without one there are no sessions to look at. */
  keeps_sessions: boolean;
  /** Where queries can be opened, if known. */
  prometheus: string | null;
  alertmanager: string | null;
  kpis: Array<KpiAbout>;
  attributes: Array<AttributeAbout>;
};

export type KpiAbout = {
  id: string;
  title: string;
  help: string;
  unit: 'ratio' | 'seconds' | 'bits_per_second' | 'per_hour' | 'per_second' | 'count';
  better: 'lower' | 'higher' | 'neither';
  least: number;
  /** Whether `explore` and `compare` know it. */
  of_sessions: boolean;
};

export type AttributeAbout = {
  name: string;
  class: 'label' | 'guarded' | 'trace_only';
  help: string;
};

export type Live = {
  tenant: string;
  span: '1h' | '7d';
  step_s: number;
  /** Beginnings of the steps, epoch seconds, ascending; steps in which the gateway was down are missing. */
  at_s: Array<number>;
  /** By KPI id. */
  series: Record<string, Array<Number>>;
  /** Viewers by phase: startup, playing, stalled, seeking, paused, ad. */
  phases: Record<string, Array<Number>>;
  queries: Queries;
};

export type LivePoint = {
  at_s: number;
  step_s: number;
  /** By KPI id; of the step so far. */
  values: Record<string, Number>;
  phases: Record<string, Number>;
  /** By KPI id; of the last `tile_window_s` seconds. */
  tiles: Record<string, Number>;
  tile_window_s: number;
};

export type Contributor = {
  attribute: string;
  /** Empty: those that do not report the attribute. `__other__`: values the history does not tell apart. */
  value: string;
  now: Number;
  before: Number;
  /** Of the whole change, what this value stands for; 1 is all of it, and over an attribute they add up to 1. Negative: it worked against the change. */
  share: number;
  /** The part of `share` that comes from there being more or less of the value; the rest comes from the value itself having changed. */
  mix: number;
  /** Of the KPI's whole in the window, the share of this value, 0 to 1. */
  weight: number;
  /** `share` (1 at most) less `weight`: how far the value stands out. Contributors are ranked by `excess` times `share`. Below 0.1 it is a part of everything like others, and `worse` leaves it out; where none is left it is the same everywhere. */
  excess: number;
  queries: Queries;
};

export type Change = {
  kpi: string;
  now: Number;
  before: Number;
  /** How far it got worse in units of what is usual; above 3 is unusual. Negative: it got better. */
  score: number;
  /** Whether there is enough to draw conclusions from (`least`). */
  is_enough: boolean;
  contributors: Array<Contributor>;
  queries: Queries;
};

/** `window_s` and `baseline_s` are what the gateway has lived through of what was asked; soon after a start the window is half of that. */
export type Worse = {
  window_s: number;
  baseline_s: number;
  changes: Array<Change>;
};

export type Contributors = {
  window_s: number;
  baseline_s: number;
  change: Change;
};

export type Anomaly = {
  kpi: string;
  /** Null when it is about everything. */
  attribute: string | null;
  value: string | null;
  since: number;
  until: number | null;
  observed: Number;
  expected: Number;
  score: number;
};

export type Anomalies = {
  anomalies: Array<Anomaly>;
};

/** False while ended sessions are still read from disk after a start; those heard last come first. */
export type IsComplete = boolean;

export type Estimate = {
  value: Number;
  low: Number;
  high: Number;
  sessions: number;
  /** The denominator (of a quantile, the number of values). */
  whole: number;
};

export type ExploreRow = {
  value: string;
  estimate: Estimate;
  /** How much this value makes the total worse than it is without it, in the KPI's unit: worst contributors first. */
  excess: number;
  query: string;
};

export type Explore = {
  kpi: string;
  by: string;
  from: number;
  to: number;
  rows: Array<ExploreRow>;
  total: Estimate;
  /** Values left out by `limit`. */
  more: number;
  is_complete: IsComplete;
  took_ms: number;
  query: string;
};

export type Comparison = {
  kpi: string;
  a: Estimate;
  b: Estimate;
  difference: Number;
  low: Number;
  high: Number;
  relative: Number;
  is_significant: boolean;
};

export type Compare = {
  from: number;
  to: number;
  is_complete: IsComplete;
  took_ms: number;
  comparisons: Array<Comparison>;
};

export type Values = {
  attribute: string;
  is_complete: IsComplete;
  values: Array<{
    value: string;
    sessions: number;
  }>;
  more: number;
};

/** What a view came to; milliseconds, bytes, bit/s and counts, by the names of the archive's columns. What has no value is absent. */
export type Figures = {
  startup_ms?: number;
  startup_wait_ms?: number;
  playing_ms?: number;
  stalled_ms?: number;
  seeking_ms?: number;
  paused_ms?: number;
  ad_ms?: number;
  media_ms?: number;
  rebuffer_ratio?: number;
  mean_bitrate?: number;
  played_bytes?: number;
  downloaded_bytes?: number;
  frames_decoded?: number;
  frames_dropped?: number;
  rebuffers?: number;
  seeks?: number;
  switches_up?: number;
  switches_down?: number;
  errors?: number;
  downloads_failed?: number;
  ad_impressions?: number;
  exit_before_start?: number;
  error_code?: string;
  view_end?: string;
  attempted?: number;
  started?: number;
  startup_failure?: 'technical' | 'business';
  playback_failure?: 'technical' | 'business';
  downloads?: number;
  downloading_ms?: number;
  ads_failed?: number;
};

export type Session = {
  session_id: string;
  is_live: boolean;
  protocol: string;
  began_at: number;
  heard_at: number;
  attributes: Labels;
  figures: Figures;
  /** 0 is flawless, 100 a failure. */
  badness: number;
  /** Why, worst first: `failed`, `exit_before_start`, `rebuffering`, `slow_start`, `errors`, `dropped_frames`, `low_bitrate`. */
  reasons: Array<string>;
  /** 32 hexadecimal digits, where traces are exported. */
  trace_id: string | null;
  /** Traces others sent over OTLP that name the session in `session.id`, the latest last. Of one session, not in lists; forgotten at a restart. */
  spoken_in?: Array<string>;
};

export type Sessions = {
  sessions: Array<Session>;
  next: string | null;
  /** All that match. */
  matched: number;
  is_complete: IsComplete;
  took_ms: number;
};

/** Times are ms since `began_at`. */
export type Timeline = {
  session: Session;
  began_at: number;
  length_ms: number;
  /** What the engine held the view to be in, without gaps. */
  bands: Array<{
    phase: 'idle' | 'startup' | 'playing' | 'stalled' | 'seeking' | 'paused' | 'ad' | 'ended';
    from: number;
    to: number;
  }>;
  /** [t, buffered ms]. */
  buffer: Array<[number, number]>;
  /** [t, live latency ms]. */
  latency: Array<[number, number]>;
  /** [t, bit/s] at each change. */
  bitrate: Array<[number, number]>;
  downloads: Array<{
    from: number;
    first_byte?: number;
    to: number;
    kind: string;
    bytes: number;
    failed: boolean;
    weight: number;
  }>;
  /** What happened, in order. `gap`: events that never came. */
  marks: Array<{
    t: number;
    kind: 'start' | 'first_frame' | 'stall' | 'seek' | 'pause' | 'rendition' | 'rate' | 'visibility' | 'error' | 'failure' | 'ad' | 'custom' | 'end' | 'gap';
    text: string;
  }>;
  /** By protocol, what others tell of the session: what the CDN logged beside what the player lived through. None of it is counted. */
  reports?: Record<string, {
    downloads: Array<{
      from: number;
      first_byte?: number;
      to: number;
      kind: string;
      bytes: number;
      failed: boolean;
      weight: number;
    }>;
    marks: Array<{
      t: number;
      kind: string;
      text: string;
    }>;
  }>;
  /** Whether the journal still has its beginning. */
  is_whole: boolean;
  /** Points, downloads, marks and bands left out of a very long session, those that say least. */
  left_out: number;
  /** Until when the figures hold. */
  figures_at: number;
};

export type JournalledEvent = {
  seq: number;
  /** Ms since the `started_at` of the batch. */
  t: number;
  /** The type of the event, or an object of the type and its fields: `"playing"`, `{"stall": {...}}`. */
  kind: string | Record<string, unknown>;
};

export type JournalledBatch = {
  protocol: string;
  received_at: number;
  session_id: string;
  /** When the session began by the reporter's clock. */
  started_at: number;
  /** By the reporter's clock. */
  sent_at: number;
  attributes: Record<string, unknown>;
  events: Array<JournalledEvent>;
};

export type SloAlert = {
  name: string;
  severity: string;
  /** `too_little`: less traffic than the guard asks for. */
  state: 'quiet' | 'pending' | 'firing' | 'too_little';
  factor: number;
  short_s: number;
  long_s: number;
  /** For how long all of it has to hold before it fires. */
  hold_s: number;
  /** The total within the long window, in events or seconds, below which nothing is concluded. */
  min_total: number;
  since: number | null;
};

/** Whether a group that used to bring at least `min_total` in an hour has had nothing to measure for an hour. */
export type SloSilence = {
  state: 'quiet' | 'pending' | 'firing';
  min_total: number;
  since: number | null;
};

export type SloGroup = {
  /** Beyond `slo.max_groups` groups, those that found no room are one, whose labels but `tenant` are `__other__`. */
  labels: Labels;
  error_ratio: Number;
  budget_left: Number;
  bad: number;
  total: number;
  /** How much of the window the gateway has lived through. */
  covered_s: number;
  /** By the windows of the alerts and the objective's, ascending. */
  burn: Array<{
    window_s: number;
    rate: Number;
    error_ratio: Number;
    query: string;
  }>;
  alerts: Array<SloAlert>;
  no_data: SloSilence | null;
  /** [epoch ms, budget left]. */
  history: Array<[number, Number]>;
  queries: Queries;
};

export type Slo = {
  name: string;
  title: string;
  help: string;
  /** The share that has to be good. */
  target: number;
  window_s: number;
  group_by: Array<string>;
  runbook: string;
  groups: Array<SloGroup>;
};

export type Slos = {
  /** Where the objectives come from: a folder, or `built-in`. */
  source: string;
  /** The moment all figures are about; null while the journal is replayed and on an edge. */
  evaluated_at: number | null;
  slos: Array<Slo>;
};

export type Ledger = {
  protocol: string;
  received: number;
  counted: number;
  duplicate: number;
  /** Told by another reporter of a session that is counted already. */
  joined: number;
  forwarded: number;
  rejected: Record<string, number>;
  shed: Record<string, number>;
};

export type TenantHealth = {
  tenant: string;
  /** By protocol, since the start of the process. */
  ledger: Array<Ledger>;
  /** Events that wait for one sent before them, or (at an edge) for the core. */
  waiting: number;
  /** Received minus all outcomes minus waiting: what requests under way hold right now. 0 when nothing comes in. */
  difference: number;
  batches: number;
  batches_rejected: Record<string, number>;
  sessions_open: number;
  sessions_parked: number;
  label_sets: {
    used: number;
    limit: number;
    refused: number;
    expired: number;
  };
  budgets: Array<{
    attribute: string;
    used: number;
    budget: number;
    folded: number;
  }>;
  /** A limit of null is none. */
  quotas: Array<{
    name: 'events' | 'bytes' | 'sessions' | 'queue';
    limit: Number;
    /** How much of it is used up right now, 0 to 1; of a rate, of what is saved up for bursts. */
    fill: number | null;
    unit: 'per_second' | 'count';
  }>;
  queries: Queries;
};

export type Problem = {
  severity: 'critical' | 'warning' | 'info';
  text: string;
  hint: string;
};

export type Part = {
  name: 'journal' | 'archive' | 'shards' | 'scrape' | 'remote_write' | 'otlp' | 'edge' | 'tls' | 'privacy' | 'filters' | 'listeners' | 'console';
  state: 'ok' | 'trouble' | 'off';
  facts: Array<{
    name: string;
    value: number | string | null;
    unit: string;
    query: string | null;
  }>;
};

export type Health = {
  role: 'core' | 'edge';
  ready: boolean;
  started_at: number;
  now: number;
  cpu_seconds: number;
  resident_bytes: number;
  parts: Array<Part>;
  problems: Array<Problem>;
};

/** What may be asked, by operation id. */
export interface Operations {
  /** What this gateway is and what may be asked of it */
  about: { parameters: Record<never, never>; answer: About };
  /** This document */
  openapi: { parameters: Record<never, never>; answer: string };
  /** The process: journal, archive, sinks, what is wrong */
  health: { parameters: Record<never, never>; answer: Health };
  /** The loss ledger, cardinality and quotas of a tenant */
  tenantHealth: { parameters: { tenant: string; }; answer: TenantHealth };
  /** Every KPI over the last hour (steps of 5 s) or seven days (10 min) */
  live: { parameters: { tenant: string; span?: '1h' | '7d'; }; answer: Live };
  /** Server-sent events named `point`, one a second, each a LivePoint. A point replaces the one of the same `at_s`. */
  liveStream: { parameters: { tenant: string; }; answer: string };
  /** What got worse: KPIs of the window against the baseline before it, worst first, each with its first contributors */
  worse: { parameters: { tenant: string; window?: string; baseline?: string; }; answer: Worse };
  /** And where: how much of the change of one KPI each value of each attribute stands for */
  contributors: { parameters: { tenant: string; kpi: string; window?: string; baseline?: string; }; answer: Contributors };
  /** Anomalies going on, and those that ended since `from` */
  anomalies: { parameters: { tenant: string; from?: number; }; answer: Anomalies };
  /** A KPI over sessions (ended and live), broken down by an attribute */
  explore: { parameters: { tenant: string; kpi: string; by: string; from?: number; to?: number; filter?: Array<string>; limit?: number; }; answer: Explore };
  /** Two cohorts, KPI by KPI: difference and its 95 % confidence interval */
  compare: { parameters: { tenant: string; a?: Array<string>; b?: Array<string>; from?: number; to?: number; }; answer: Compare };
  /** The values of an attribute and how many sessions report each, most first (to fill in filters) */
  values: { parameters: { tenant: string; attribute: string; from?: number; to?: number; }; answer: Values };
  /** Sessions, ended and live */
  sessions: { parameters: { tenant: string; state?: 'all' | 'live' | 'ended'; sort?: 'newest' | 'badness' | 'startup' | 'rebuffering' | 'errors'; from?: number; to?: number; filter?: Array<string>; q?: string; limit?: number; after?: string; }; answer: Sessions };
  /** What one session came to so far */
  session: { parameters: { tenant: string; session_id: string; }; answer: Session };
  /** What the viewer lived through, moment by moment */
  timeline: { parameters: { tenant: string; session_id: string; }; answer: Timeline };
  /** Server-sent events named `changed` whenever more of the session has been journalled, `ended` when it is over */
  sessionStream: { parameters: { tenant: string; session_id: string; }; answer: string };
  /** The batches of a session as the journal has them */
  events: { parameters: { tenant: string; session_id: string; }; answer: Array<JournalledBatch> };
  /** Objectives: status, error budget, burn */
  slos: { parameters: { tenant: string; }; answer: Slos };
  /** What every tenant uses of its label budgets */
  cardinality: { parameters: Record<never, never>; answer: Record<string, unknown> };
}

/** Where it is asked; names in braces are parameters. */
export const PATHS: Record<keyof Operations, string> = {
  about: '/api/v1/about',
  openapi: '/api/v1/openapi.yaml',
  health: '/api/v1/health',
  tenantHealth: '/api/v1/tenants/{tenant}/health',
  live: '/api/v1/tenants/{tenant}/live',
  liveStream: '/api/v1/tenants/{tenant}/live/stream',
  worse: '/api/v1/tenants/{tenant}/worse',
  contributors: '/api/v1/tenants/{tenant}/contributors',
  anomalies: '/api/v1/tenants/{tenant}/anomalies',
  explore: '/api/v1/tenants/{tenant}/explore',
  compare: '/api/v1/tenants/{tenant}/compare',
  values: '/api/v1/tenants/{tenant}/values',
  sessions: '/api/v1/tenants/{tenant}/sessions',
  session: '/api/v1/tenants/{tenant}/sessions/{session_id}',
  timeline: '/api/v1/tenants/{tenant}/sessions/{session_id}/timeline',
  sessionStream: '/api/v1/tenants/{tenant}/sessions/{session_id}/stream',
  events: '/api/v1/tenants/{tenant}/sessions/{session_id}/events',
  slos: '/api/v1/tenants/{tenant}/slos',
  cardinality: '/api/v1/cardinality',
};
