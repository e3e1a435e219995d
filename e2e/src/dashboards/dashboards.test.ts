// No dead panels: every query of every dashboard, as Grafana would send it, is asked of a real Prometheus that has scraped a real
// gateway, and has to return data.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../until.ts';
import { type Answer, askPrometheus } from './askPrometheus.ts';
import { type Exception, isAmong, SILENT, ZEROS } from './exceptions.ts';
import type { Choices } from './grafana.ts';
import { type Asked, type Dashboard, panelsOf, queriesOf, readDashboards } from './readDashboards.ts';
import { openStage, SCRAPE, type Stage } from './stage.ts';

const dashboards = readDashboards();
const PATIENCE_MS = 200_000;
/** Queries under way at the same time. */
const AT_ONCE = 6;

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage?.stop());

test('every query of every panel returns data, and what moves', async () => {
  const all = dashboards.flatMap((dashboard) => chosen(queriesOf(dashboard), choicesOf(dashboard)));
  const silent = all.filter(({ asked }) => isAmong(SILENT, asked));
  const speaking = all.filter(({ asked }) => !isAmong(SILENT, asked));
  expect(await left(speaking, (answer) => answer.series > 0)).toEqual([]);
  const moving = speaking.filter(({ asked }) => !isAmong(ZEROS, asked));
  expect(await left(moving, (answer) => answer.hasMoved)).toEqual([]);
  expect(await left(silent, (answer) => answer.series === 0), 'excepted, but with data').toEqual([]);
  report(speaking.length, moving.length);
});

test('every variable has values, and a choice of all of them leaves data in every panel', async () => {
  const all: Chosen[] = [];
  for (const dashboard of dashboards) {
    const choices: Choices = { ...choicesOf(dashboard) };
    for (const variable of dashboard.templating.list.filter(({ type }) => type === 'query')) {
      const query = typeof variable.query === 'string' ? variable.query : variable.query.query;
      const values = await labelValues(query.replace('$tenant', '.*'));
      expect(values, `${dashboard.title}: ${variable.name}`).not.toEqual([]);
      choices[variable.name] = values;
    }
    all.push(...chosen(queriesOf(dashboard), choices));
  }
  const speaking = all.filter(({ asked }) => !isAmong(SILENT, asked));
  expect(await left(speaking, (answer) => answer.series > 0)).toEqual([]);
});

test('every dimension returns data', async () => {
  const all = dashboards.flatMap((dashboard) => {
    const by = dashboard.templating.list.find(({ name }) => name === 'by')?.options ?? [];
    const named = (value: string) =>
      queriesOf(dashboard).map((asked) => ({ ...asked, at: `${asked.at} by ${value}` }));
    return by.flatMap(({ value }) => chosen(named(value), { ...choicesOf(dashboard), by: value }));
  });
  expect(all).not.toEqual([]);
  expect(await left(all, (answer) => answer.series > 0)).toEqual([]);
});

test('alerts that fire are annotations', async () => {
  for (const dashboard of dashboards) {
    const { expr } = dashboard.annotations.list.find(({ name }) => name === 'Alerts') ?? {};
    const asked = {
      at: `${dashboard.title}: alerts`,
      expr: expr ?? '',
      instant: false,
      step: '1m',
      exemplar: false,
    };
    await until(asked.at, async () => {
      const { series } = await askPrometheus(stage.prometheus.origin, asked, choicesOf(dashboard), SCRAPE);
      return series > 0 ? true : undefined;
    });
  }
});

test('exemplars lead to sessions', async () => {
  const asked = dashboards.flatMap(queriesOf).filter(({ exemplar }) => exemplar);
  expect(asked).not.toEqual([]);
  const query = 'openqoe_startup_time_seconds_bucket';
  const [end, start] = [Date.now() / 1000, Date.now() / 1000 - 300];
  const url = `${stage.prometheus.origin}/api/v1/query_exemplars?query=${query}&start=${start}&end=${end}`;
  const { data } = (await (await fetch(url)).json()) as {
    data: { exemplars: { labels: { session_id?: string } }[] }[];
  };
  expect(data.flatMap(({ exemplars }) => exemplars).some(({ labels }) => labels.session_id)).toBe(true);
});

test('Prometheus drops no exemplar as out of order', async () => {
  const own = await (await fetch(`${stage.prometheus.origin}/metrics`)).text();
  expect(own).toMatch(/^prometheus_target_scrapes_exemplar_out_of_order_total 0$/m);
});

/** Everything is chosen, and of what is not for several the first. */
function choicesOf(dashboard: Dashboard): Choices {
  const list = dashboard.templating.list.filter(({ type }) => type === 'query' || type === 'custom');
  return Object.fromEntries(
    list.map(({ name, multi, allValue, options }) => [
      name,
      multi ? [allValue ?? ''] : (options[0]?.value ?? ''),
    ]),
  );
}

interface Chosen {
  asked: Asked;
  choices: Choices;
}

function chosen(queries: Asked[], choices: Choices): Chosen[] {
  return queries.map((asked) => ({ asked, choices }));
}

/** Those whose answer does not become as wished, by name. */
async function left(all: Chosen[], isGood: (answer: Answer) => boolean): Promise<string[]> {
  let bad = all;
  const ask = async () => {
    bad = await without(bad, isGood);
    return bad.length === 0 ? true : undefined;
  };
  await until('every query', ask, PATIENCE_MS).catch((error) => {
    if (bad.length === 0) throw error;
  });
  return bad.map(({ asked }) => `${asked.at}: ${asked.expr}`);
}

async function without(all: Chosen[], isGood: (answer: Answer) => boolean): Promise<Chosen[]> {
  const [queue, bad] = [[...all], [] as Chosen[]];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const answer = await askPrometheus(stage.prometheus.origin, next.asked, next.choices, SCRAPE);
      if (!isGood(answer)) bad.push(next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return bad;
}

/** What `label_values(series, label)` of Grafana returns. */
async function labelValues(query: string): Promise<string[]> {
  const match = /^label_values\((.+), (\w+)\)$/.exec(query);
  if (!match?.[1] || !match[2]) throw new Error(`${query} is no query of a variable`);
  const url = `${stage.prometheus.origin}/api/v1/label/${match[2]}/values?match[]=${encodeURIComponent(match[1])}`;
  const body = (await (await fetch(url)).json()) as { status: string; error?: string; data: string[] };
  if (body.status !== 'success') throw new Error(`${query}: ${body.error}`);
  return body.data;
}

function report(answered: number, moving: number): void {
  const panels = dashboards.flatMap(panelsOf).length;
  const list = (exceptions: Exception[]) =>
    exceptions.map(({ at, reason }) => `\n    ${at}: ${reason}`).join('');
  console.log(
    `${dashboards.length} dashboards, ${panels} panels, ${answered} queries: all returned data, ${moving} of them other than 0\n` +
      `  excepted from returning data:${list(SILENT) || ' none'}\n  excepted from returning other than 0:${list(ZEROS)}`,
  );
}
