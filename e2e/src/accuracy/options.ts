// The arguments of `cargo xtask accuracy`.

import { PLAYERS, type Player, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

export interface Options {
  runs: [Player, Scenario][];
  retries: number;
  jobs: number;
  json: string | undefined;
  record: string | undefined;
  docs: boolean;
  /** Whether the players' own reports (CMCD) are held against the SDK's, and not the SDK's against the screen. */
  cmcd: boolean;
}

export const HELP = `Usage: cargo xtask accuracy [options]

Plays scenarios with real players in real Chromium and compares what the gateway says with what the screen showed.

  --player NAME      only this player (${PLAYERS.join(', ')}); may be repeated
  --scenario TEXT    only scenarios whose name holds this text; may be repeated
  --short            hls.js in full, two scenarios of every other player (what \`cargo xtask test\` runs)
  --cmcd             holds what hls.js and dash.js report by themselves (CMCD v2) against what the SDK reports of the same views
  --repeat N         each of them N times
  --retries N        play again what is off or broken, N times at most, and say so; what is off each time is off (0)
  --jobs N           so many pages at a time (2)
  --json FILE        write rows {player, scenario, kpi, truth, measured}
  --record FILE      write everything that was witnessed and sent, to look into an error
  --write-docs       write docs/accuracy.md and its plot

Examples:
  cargo xtask accuracy --player hlsjs --scenario stall
  cargo xtask accuracy --json rows.json --write-docs
`;

/** Players with an event mode of CMCD. */
const SELF_REPORTING: readonly Player[] = ['hlsjs', 'dashjs'];

/** The two that say most about an adapter: how it starts, and what it says of a stall. */
const SHORT = ['clean start', 'one stall'];

export function readOptions(words: readonly string[]): Options {
  const values = new Map<string, string[]>();
  const flags = new Set<string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (['--short', '--write-docs', '--cmcd'].includes(word)) flags.add(word);
    else if (
      ['--player', '--scenario', '--repeat', '--retries', '--jobs', '--json', '--record'].includes(word)
    ) {
      at += 1;
      values.set(word, [...(values.get(word) ?? []), words[at] ?? fail(`${word} needs a value`)]);
    } else if (word === '--help' || word === '-h') {
      process.stdout.write(HELP);
      process.exit(0);
    } else fail(`unknown option ${word}`);
  }
  const cmcd = flags.has('--cmcd');
  const players = (values.get('--player') ?? (cmcd ? SELF_REPORTING : PLAYERS)).map(known);
  const texts = values.get('--scenario') ?? [''];
  const runs = players.flatMap((player) =>
    SCENARIOS.filter(({ sessions = 1 }) => !cmcd || sessions === 1)
      .filter(({ name, without }) => !without?.[player] && texts.some((text) => name.includes(text)))
      .filter(({ name }) => !flags.has('--short') || player === 'hlsjs' || SHORT.includes(name))
      .map((scenario): [Player, Scenario] => [player, scenario]),
  );
  if (!runs.length)
    fail(`no such scenario: ${texts.join(', ')}. There are: ${SCENARIOS.map(({ name }) => name).join(', ')}`);
  const repeat = Number(values.get('--repeat')?.at(-1) ?? 1);
  return {
    runs: Array.from({ length: repeat }, () => runs).flat(),
    retries: Number(values.get('--retries')?.at(-1) ?? 0),
    jobs: Number(values.get('--jobs')?.at(-1) ?? 2),
    json: values.get('--json')?.at(-1),
    record: values.get('--record')?.at(-1),
    docs: flags.has('--write-docs'),
    cmcd,
  };
}

function known(name: string): Player {
  return (
    PLAYERS.find((player) => player === name) ?? fail(`no player ${name}. There are: ${PLAYERS.join(', ')}`)
  );
}

function fail(message: string): never {
  process.stderr.write(`error: ${message}\n\n${HELP}`);
  process.exit(2);
}
