// One scenario with one player in a browser of its own context: the frames of the page on one side, the gateway's word on the
// other.

import type { Browser, Page } from 'playwright-core';
import type { Gateway } from '../gateway.ts';
import { turn } from './background.ts';
import { compare, compareLatency, compareRows, type Figure } from './compare.ts';
import { eventsOf, rowOf, type SentEvent, silentRowOf } from './measured.ts';
import type { Witnessed } from './record.ts';
import type { Player, Scenario } from './scenario.ts';
import { Stage } from './stage.ts';
import { judge } from './truth.ts';

export interface Result {
  player: Player;
  scenario: string;
  figures: Figure[];
  /** The figures are about what the player reports by itself. */
  isOwn: boolean;
  /** Of the same playback, what a second SDK reported that knew the element alone. */
  twin?: Figure[];
  /** The player and its version, as reported. */
  version?: string;
  /** Why there are no figures. */
  problem?: string;
  witnessed: Witnessed;
  events: SentEvent[];
}

export interface Setting {
  gateway: Gateway;
  /** By whether pages may start sound by themselves. */
  browsers: Record<'allowed' | 'blocked', Browser>;
  /** The source of the witness. */
  witness: string;
  /** Whether the players report by themselves too, and that is looked at. */
  cmcd: boolean;
}

export async function run(
  player: Player,
  scenario: Scenario,
  setting: Setting,
  turnNumber: number,
): Promise<Result> {
  const context = await setting.browsers[scenario.autoplay ? 'blocked' : 'allowed'].newContext();
  await context.addInitScript({ content: setting.witness });
  const result: Result = {
    player,
    scenario: scenario.name,
    figures: [],
    isOwn: setting.cmcd,
    witnessed: { frames: [], acts: [] },
    events: [],
  };
  try {
    const page = await context.newPage();
    const scope = `${player}-${scenario.name}-${turnNumber}`.replace(/[^a-z0-9]+/g, '-');
    const stage = new Stage(page, context, setting.gateway.publicUrl, scope, turn);
    const own = setting.cmcd ? '&cmcd=1&heartbeat=2000' : '';
    await stage.open(`player=${player}&${scenario.query ?? ''}${own}`, scenario.autoplay?.blocked);
    if (scenario.twice && player !== 'html5') await stage.attachTwin();
    await scenario.run(stage);
    result.witnessed = stage.witnessed;
    await (setting.cmcd ? weighOwn : weigh)(result, stage, scenario, setting.gateway);
  } catch (error) {
    result.problem = String(error).split('\n')[0];
    result.witnessed = await rescue(context.pages()[0]);
  } finally {
    await context.close();
  }
  return result;
}

async function weigh(result: Result, stage: Stage, { ends }: Scenario, gateway: Gateway): Promise<void> {
  for (const [index, { id, from }] of stage.sessions.entries()) {
    const next = stage.sessions[index + 1];
    const truth = judge(stage.witnessed, from, next?.from);
    const row = await rowOf(gateway, id);
    result.version = row.player_version;
    result.figures.push(...compare(truth, row, next ? 'content_change' : ends));
    result.events.push(...(await eventsOf(gateway, id)));
    if (stage.twin) result.twin = compare(truth, await rowOf(gateway, stage.twin), ends);
  }
  if (stage.latency !== undefined) result.figures.push(compareLatency(stage.latency, result.events));
}

/** What the player reported by itself, against what the SDK reported of the same view. */
async function weighOwn(result: Result, stage: Stage, _: Scenario, gateway: Gateway): Promise<void> {
  const [session] = stage.sessions;
  if (!session || !stage.own) throw new Error('the player reports nothing by itself');
  const row = await rowOf(gateway, session.id);
  result.version = row.player_version;
  // As long as its page is there, it reports that it stands still.
  await stage.page.close();
  result.figures.push(...compareRows(row, await silentRowOf(gateway, stage.own)));
  result.events.push(...(await eventsOf(gateway, stage.own)));
}

/** What was witnessed of a scenario that did not come to its end. */
async function rescue(page: Page | undefined): Promise<Witnessed> {
  const witnessed = () => ({ frames: window.openqoeWitness.frames, acts: window.openqoeWitness.acts });
  return (await page?.evaluate(witnessed).catch(() => undefined)) ?? { frames: [], acts: [] };
}
