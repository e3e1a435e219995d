// The errors as a picture: a strip of dots for each figure and player, zero in the middle, the allowed error shaded.

import { errorOf, type Kpi, TOLERANCE } from './compare.ts';
import type { Result } from './run.ts';
import { PLAYERS } from './scenario.ts';

interface Panel {
  kpi: Kpi;
  title: string;
  /** The error shown, and what the axis spans in that unit. */
  unit: 'ms' | '%';
  span: number;
}

const PANELS: readonly Panel[] = [
  { kpi: 'startup_seconds', title: 'Startup time', unit: 'ms', span: 200 },
  { kpi: 'stalled_seconds', title: 'Time stalled', unit: 'ms', span: 200 },
  { kpi: 'playing_seconds', title: 'Playing time', unit: '%', span: 2 },
  { kpi: 'watch_seconds', title: 'Watch time', unit: '%', span: 2 },
];

/** A share of less says nothing: one frame is more than a hundredth of it. */
const SHORTEST_S = 1;

const WIDTH = 860;
const LEFT = 76;
const ROW = 22;
const GAP = 34;
const RIGHT = 20;
const PANEL_WIDTH = (WIDTH - 2 * (LEFT + RIGHT)) / 2;
const PANEL_HEIGHT = ROW * PLAYERS.length;

export function plot(results: readonly Result[]): string {
  const height = 2 * (PANEL_HEIGHT + 2 * GAP) + 8;
  const panels = PANELS.map((panel, index) => {
    const x = LEFT + (index % 2) * (PANEL_WIDTH + LEFT + RIGHT);
    const y = GAP + Math.floor(index / 2) * (PANEL_HEIGHT + 2 * GAP);
    return `<g transform="translate(${x} ${y})">${draw(panel, results)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="Errors of startup time, time stalled, playing time and watch time, by player">
<style>
text { fill: #57606a } .title { fill: #24292f; font-weight: 600 } .zone { fill: #0b7a75; opacity: .12 } .zero { stroke: #57606a } .dot { fill: #0b7a75; opacity: .65 } .off { fill: #cf222e; opacity: .9 }
@media (prefers-color-scheme: dark) { text { fill: #9198a1 } .title { fill: #f0f6fc } .zone { fill: #12cbc4 } .dot { fill: #12cbc4 } .zero { stroke: #9198a1 } .off { fill: #ff7b72 } }
</style>
${panels.join('\n')}
</svg>
`;
}

function draw({ kpi, title, unit, span }: Panel, results: readonly Result[]): string {
  const place = (error: number) =>
    ((Math.max(-span, Math.min(span, error)) + span) / (2 * span)) * PANEL_WIDTH;
  const { absolute, share } = TOLERANCE[kpi];
  const allowed = unit === 'ms' ? absolute * 1_000 : (share ?? 0) * 100;
  const zone = `<rect class="zone" x="${place(-allowed)}" width="${place(allowed) - place(-allowed)}" y="0" height="${PANEL_HEIGHT}"/>`;
  const zero = `<line class="zero" x1="${place(0)}" x2="${place(0)}" y1="0" y2="${PANEL_HEIGHT}"/>`;
  const ticks = [-span, -span / 2, 0, span / 2, span].map(
    (value) => `<text x="${place(value)}" y="${PANEL_HEIGHT + 16}" text-anchor="middle">${value}</text>`,
  );
  const rows = PLAYERS.map((player, row) => {
    const y = (row + 0.5) * ROW;
    const dots = errors(results, player, kpi, unit).map((error, index) => {
      const away = Math.abs(error) > allowed ? ' off' : '';
      // A little up and down, so that equal errors are seen as many.
      const shift = ((index * 7) % 9) - 4;
      return `<circle class="dot${away}" cx="${place(error).toFixed(1)}" cy="${y + shift}" r="3"/>`;
    });
    return `<text x="-8" y="${y + 4}" text-anchor="end">${player}</text>${dots.join('')}`;
  });
  return `<text class="title" x="0" y="-10">${title}, error in ${unit}</text>${zone}${zero}${ticks.join('')}${rows.join('')}`;
}

function errors(results: readonly Result[], player: string, kpi: Kpi, unit: 'ms' | '%'): number[] {
  return results
    .filter((result) => result.player === player)
    .flatMap(({ figures }) => figures)
    .filter((figure) => figure.kpi === kpi && Number(figure.truth) > (unit === 'ms' ? 0 : SHORTEST_S))
    .map((figure) =>
      unit === 'ms' ? errorOf(figure) * 1_000 : (errorOf(figure) / Number(figure.truth)) * 100,
    )
    .filter((error) => !Number.isNaN(error));
}
