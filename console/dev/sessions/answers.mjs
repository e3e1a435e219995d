// What the fixture gateway answers about sessions: whatever is asked, it follows from the same simulated ones.
import { readFileSync } from 'node:fs';
import { kpis, promqlOf } from '../contract.mjs';
import { estimate, knownKpis, matches } from './estimate.mjs';
import { makeSessions } from './makeSessions.mjs';

const worse = JSON.parse(readFileSync(new URL('../../test/fixtures/worse.json', import.meta.url), 'utf8'));

/** Sessions are made for one moment, like the files; then their times move along. */
let made;
function all(now) {
  made ??= { at: now, sessions: makeSessions(now) };
  return made.sessions;
}

function found(query, now, filters = query.getAll('filter')) {
  const from = Number(query.get('from') ?? now - 3_600_000);
  const to = Number(query.get('to') ?? now + 1);
  const inTime = ({ session }) => session.heard_at >= from && session.heard_at < to;
  return all(now).filter((one) => (one.session.is_live || inTime(one)) && matches(one.session, filters));
}

const kpiOf = (id) => kpis.find((kpi) => kpi.id === id);
const took = (count) => Math.round(count / 40) / 10;

function refuse(status, message, hint) {
  return { refusal: [status, 'bad_request', message, hint] };
}

function explore({ query }, now) {
  const [kpi, by] = [query.get('kpi') ?? 'rebuffer_ratio', query.get('by') ?? 'cdn'];
  if (!knownKpis.includes(kpi))
    return refuse(400, `sessions do not know the KPI \`${kpi}\``, `they know ${knownKpis.join(', ')}`);
  const sessions = found(query, now).map(({ session }) => session);
  const total = estimate(sessions, kpi);
  const better = kpiOf(kpi).better === 'higher' ? -1 : 1;
  const groups = Map.groupBy?.(sessions, (session) => session.attributes[by] ?? '') ?? group(sessions, by);
  const rows = [...groups].map(([value, own]) => {
    const others = estimate(
      sessions.filter((session) => !own.includes(session)),
      kpi,
    );
    const excess = others.value === null || total.value === null ? 0 : better * (total.value - others.value);
    return { value, estimate: estimate(own, kpi), excess, query: promqlOf(kpi, `${by}="${value}"`) };
  });
  rows.sort((a, b) => b.excess - a.excess);
  const [from, to] = [Number(query.get('from') ?? now - 3_600_000), Number(query.get('to') ?? now)];
  const limit = Number(query.get('limit') ?? 50);
  return {
    kpi,
    by,
    from,
    to,
    rows: rows.slice(0, limit),
    total,
    more: Math.max(0, rows.length - limit),
    is_complete: true,
    took_ms: took(sessions.length),
    query: promqlOf(kpi),
  };
}

function group(sessions, by) {
  const groups = new Map();
  for (const session of sessions) {
    const value = session.attributes[by] ?? '';
    groups.set(value, [...(groups.get(value) ?? []), session]);
  }
  return groups;
}

function compare({ query }, now) {
  const cohort = (name) => found(query, now, query.getAll(name)).map(({ session }) => session);
  const [a, b] = [cohort('a'), cohort('b')];
  const comparisons = knownKpis.map((kpi) => {
    const [control, treatment] = [estimate(a, kpi), estimate(b, kpi)];
    if (control.value === null || treatment.value === null)
      return {
        kpi,
        a: control,
        b: treatment,
        difference: null,
        low: null,
        high: null,
        relative: null,
        is_significant: false,
      };
    const difference = treatment.value - control.value;
    const half = Math.hypot((control.high - control.low) / 2, (treatment.high - treatment.low) / 2);
    const [low, high] = [difference - half, difference + half];
    const relative = control.value === 0 ? null : difference / control.value;
    return {
      kpi,
      a: control,
      b: treatment,
      difference,
      low,
      high,
      relative,
      is_significant: low > 0 || high < 0,
    };
  });
  return {
    from: Number(query.get('from') ?? now),
    to: now,
    comparisons,
    is_complete: true,
    took_ms: took(a.length + b.length),
  };
}

function values({ query }, now) {
  const attribute = query.get('attribute') ?? 'cdn';
  const counts = [
    ...group(
      found(query, now, []).map(({ session }) => session),
      attribute,
    ),
  ];
  const sorted = counts
    .map(([value, own]) => ({ value, sessions: own.length }))
    .sort((a, b) => b.sessions - a.sessions);
  return { attribute, values: sorted, more: 0, is_complete: true };
}

const ORDERS = {
  newest: ({ session }) => session.heard_at,
  badness: ({ session }) => session.badness,
  startup: ({ session }) => session.figures.startup_ms ?? 0,
  rebuffering: ({ session }) => session.figures.rebuffer_ratio ?? 0,
  errors: ({ session }) => session.figures.errors ?? 0,
};

function sessions({ query }, now) {
  const [state, order] = [query.get('state') ?? 'all', ORDERS[query.get('sort') ?? 'newest']];
  const meant = found(query, now)
    .filter(({ session }) => state === 'all' || session.is_live === (state === 'live'))
    .filter(({ session }) => session.session_id.startsWith(query.get('q') ?? ''))
    .sort((a, b) => order(b) - order(a));
  const [start, limit] = [Number(query.get('after') ?? 0), Number(query.get('limit') ?? 100)];
  const page = meant.slice(start, start + limit).map(({ session }) => session);
  const next = start + limit < meant.length ? String(start + limit) : null;
  return { sessions: page, next, matched: meant.length, is_complete: true, took_ms: took(meant.length) };
}

const NOBODY = {
  refusal: [
    404,
    'not_found',
    'Nothing is known of that session (any more).',
    'Sessions are kept as long as `journal.retention` says.',
  ],
};

function one(what) {
  return ({ session_id: id }, now) => {
    const known = all(now).find(({ session }) => !id || session.session_id === id);
    return known ? what(known, now - made.at) : NOBODY;
  };
}

/** What a CDN logs of the same downloads: without the way to the player, and with the stalls its CMCD tells of. */
function withLog(timeline) {
  const downloads = timeline.downloads.map((download) => {
    const { from, first_byte: firstByte = from, to } = download;
    const way = Math.min(Math.round((firstByte - from) / 4), Math.floor((to - from) / 4));
    return { ...download, from: from + way, to: to - way };
  });
  const stalls = timeline.marks.filter(({ kind }) => kind === 'stall');
  const marks = stalls.map(({ t }) => ({ t: t + 500, kind: 'custom', text: 'cmcd_bs' }));
  return { ...timeline, reports: { cdn_log: { downloads, marks } } };
}

/** Who plays goes on playing. */
function goOn(timeline, sinceMs) {
  if (!timeline.session.is_live) return timeline;
  const last = timeline.bands.at(-1);
  const bands = [...timeline.bands.slice(0, -1), { ...last, to: last.to + sinceMs }];
  const session = { ...timeline.session, heard_at: timeline.session.heard_at + sinceMs };
  return {
    ...timeline,
    session,
    bands,
    length_ms: timeline.length_ms + sinceMs,
    figures_at: session.heard_at,
  };
}

/** Those of the file, for any KPI; what is not in it has not changed. */
function contributors({ query }) {
  const { window_s, baseline_s, changes } = worse;
  const kpi = query.get('kpi') ?? 'rebuffer_ratio';
  const still = { kpi, now: null, before: null, score: 0, is_enough: false, contributors: [], queries: {} };
  return { window_s, baseline_s, change: changes.find((change) => change.kpi === kpi) ?? still };
}

/** Functions of (parameters, now) by operation. */
export const SESSION_ANSWERS = {
  explore,
  compare,
  values,
  contributors,
  sessions,
  session: one(({ session }) => session),
  timeline: one((known, sinceMs) => goOn(withLog(known.timeline()), sinceMs)),
  events: one((known) => known.events()),
};

/** The session with the most events, and one that plays. */
export function pickSessions(now = Date.now()) {
  const longest = all(now).find(({ isLong }) => isLong).session.session_id;
  const live = all(now).find(({ session }) => session.is_live && session.attributes.cdn !== 'edge-b').session
    .session_id;
  return { longest, live };
}
