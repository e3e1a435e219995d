// Draws the panel "What this page saw".

import { element } from './batches.js';
import { STALL_MS, type TruthWatch } from './truth.js';

const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;

export function drawFigures(page: (id: string) => HTMLElement, { truth, gap }: TruthWatch): void {
  const running = gap() > STALL_MS ? gap() : 0;
  const stalled = truth.stalls.reduce((sum, stall) => sum + stall.duration_ms, running);
  const count = truth.stalls.length + (running ? 1 : 0);
  const stalls = count ? `${count} · ${seconds(stalled)}` : 'none';
  const values: Record<string, string> = {
    't-startup': truth.startup_ms === null ? '–' : seconds(truth.startup_ms),
    't-playing': seconds(truth.playing_ms),
    't-stalls': truth.startup_ms === null ? '–' : stalls,
    't-bitrate': truth.bitrate === null ? '–' : `${(truth.bitrate / 1e6).toFixed(2)} Mb/s`,
  };
  for (const [id, value] of Object.entries(values)) page(id).textContent = value;
  const rows = truth.stalls.map(({ start_ms, duration_ms }) =>
    row(start_ms, `stall of ${seconds(duration_ms)}`),
  );
  if (running) rows.push(now(`stalled for ${seconds(running)}`));
  page('stalls').replaceChildren(...rows.reverse());
  page('errors').replaceChildren(...truth.errors.map((text) => element('li', text)).reverse());
}

function row(at: number, text: string): HTMLElement {
  return element('li', '', element('time', `at ${seconds(at)}`), text);
}

function now(text: string): HTMLElement {
  const item = element('li', text);
  item.className = 'running';
  return item;
}
