// The demo page: one player, the SDK attached to it, faults to throw at it, and what really happened beside what was
// reported. The gateway serves it at /demo/; all addresses are relative or on the same origin.

import { OpenQoe } from '@openqoe/sdk';
import { html5 } from '@openqoe/sdk/html5';
import { element, watchedFetch } from './batches.js';
import { type FaultControl, type Faults, faultControl } from './faults.js';
import { drawFigures } from './figures.js';
import { assetIdOf, createPlayback, type Playback } from './playback.js';
import { type CmcdTarget, fetchPlayer } from './player.js';
import { type Query, readQuery } from './query.js';
import { type Truth, watchFrames } from './truth.js';

declare global {
  interface Window {
    /** The handle of the end-to-end tests. */
    openqoeDemo: Playback & {
      /** The open session, or the one that was open last. */
      readonly sessionId: string | undefined;
      /** The session the player reports by itself. */
      readonly cmcdSessionId: string | undefined;
      qoe: OpenQoe;
      /** The player's own object. */
      player: unknown;
      /** The element on the screen. */
      readonly video: HTMLVideoElement;
      truth: Truth;
      stallFor(seconds: number): Promise<void>;
      setFaults(faults: Partial<Faults>): Promise<Faults>;
    };
  }
}

const query = readQuery(location.search);
fillIn(query);
const ownReports: CmcdTarget = {
  url: new URL('../cmcd', location.href).href,
  sessionId: crypto.randomUUID(),
  contentId: assetIdOf(query.asset, query),
  events: ['ps', 'e', 't', 'rr', 'bc', 'pr'],
  interval: 2,
};
const on = {
  error(text: string, fatal: boolean) {
    watch.truth.errors.push(text);
    if (fatal) showFailure(text);
  },
};
const player = await fetchPlayer(
  query.player,
  page<HTMLVideoElement>('video'),
  on,
  query.cmcd ? ownReports : undefined,
).catch((error) => {
  showFailure(String(error));
  throw error;
});
const watch = watchFrames(player.video, player.bitrateOf);
const faults = faultControl(query.scope, player.video, watch);
const qoe = new OpenQoe({
  endpoint: new URL('../v1/ingest', location.href).href,
  assetId: assetIdOf(query.asset, query),
  isLive: query.live,
  attributes: { content_type: 'demo', cdn: 'demo-origin' },
  adapters: player.adapter ? [player.adapter, html5] : [html5],
  heartbeatMs: query.heartbeatMs,
  fetch: watchedFetch(page('batches')),
});
const playback = createPlayback(player, query, qoe, watch);

let latestSession: string | undefined;
window.openqoeDemo = {
  ...playback,
  change(asset) {
    page('failed').hidden = true;
    return playback.change(asset);
  },
  play() {
    page('start').hidden = true;
    const playing = playback.play();
    playing.catch((error: Error) => {
      // Forbidden to start by itself: the viewer has to.
      if (error.name === 'NotAllowedError') page('start').hidden = false;
    });
    return playing;
  },
  get sessionId() {
    latestSession = qoe.sessionId ?? latestSession;
    return latestSession;
  },
  cmcdSessionId: query.cmcd ? ownReports.sessionId : undefined,
  get video() {
    return player.video;
  },
  player: player.instance,
  qoe,
  truth: watch.truth,
  stallFor: faults.stallFor,
  setFaults: faults.set,
};

qoe.attach(query.elementOnly || !player.adapter ? player.video : player.instance);
wireStart();
wireFaults(faults);
wireSession();
setInterval(() => drawFigures(page, watch), 200);
if (query.preload) playback.load();
if (query.autoplay) start();
if (query.end) setTimeout(end, query.end * 1_000 - performance.now());

function page<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as T;
}

function start(): void {
  window.openqoeDemo.play().catch((error: Error) => {
    // Somebody paused before it began, which is no fault; what cannot be played the player has told.
    if (!['AbortError', 'NotSupportedError'].includes(error.name)) watch.truth.errors.push(String(error));
  });
}

function end(): void {
  qoe.endSession('stopped');
  player.pause();
}

function wireStart(): void {
  const button = page<HTMLButtonElement>('start');
  button.disabled = false;
  button.addEventListener('click', () => {
    start();
    player.video.focus();
  });
  // Playing on after `end` is another viewing attempt.
  player.video.addEventListener('play', () => {
    if (!qoe.sessionId) qoe.startSession();
  });
}

function wireSession(): void {
  page('copy').addEventListener('click', () =>
    navigator.clipboard?.writeText(page('session').textContent ?? ''),
  );
  setInterval(() => {
    page('session').textContent = window.openqoeDemo.sessionId ?? '';
    page('over').hidden = qoe.sessionId !== undefined;
  }, 250);
}

function wireFaults({ set, stallFor }: FaultControl): void {
  const state = page('fault-state');
  const say = (text: string, active: boolean) => {
    state.textContent = text;
    state.classList.toggle('active', active);
  };
  const buttons = document.querySelectorAll<HTMLButtonElement>('[data-fault]');
  const press = (pressed?: HTMLButtonElement) => {
    for (const button of buttons) button.ariaPressed = String(button === pressed);
  };
  for (const button of buttons) {
    button.addEventListener('click', async () => {
      const wanted: Partial<Faults> = JSON.parse(button.dataset.fault ?? '{}');
      await set(wanted).catch((error) => say(String(error), true));
      const active = Object.keys(wanted).length > 0;
      press(active ? button : undefined);
      say(active ? `${button.textContent}: until cleared.` : 'No fault.', active);
    });
  }
  onSubmit('stall', async (seconds) => {
    press();
    say('Segments are held; the buffer runs out first.', true);
    await stallFor(seconds);
    say(`Frames stood still for about ${seconds} s.`, false);
  });
  onSubmit('withhold', async (seconds) => {
    press();
    await set({ withhold_ms: seconds * 1_000 });
    say(`The next segment comes ${seconds} s late.`, true);
  });

  function onSubmit(id: string, act: (seconds: number) => Promise<void>): void {
    const form = page<HTMLFormElement>(id);
    const button = form.querySelector('button') as HTMLButtonElement;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      button.disabled = true;
      await act(page<HTMLInputElement>(`${id}-seconds`).valueAsNumber).catch((error) =>
        say(error.message, true),
      );
      button.disabled = false;
    });
  }
}

function showFailure(text: string): void {
  const again = element('a', 'Start over') as HTMLAnchorElement;
  again.href = location.href;
  page('failed').replaceChildren(`Playback failed: ${text.replace(/\.$/, '')}. `, again);
  page('failed').hidden = false;
}

async function fillIn({ player: chosen, scope }: Query): Promise<void> {
  page('scope').textContent = scope;
  for (const link of document.querySelectorAll<HTMLAnchorElement>('[data-player]')) {
    link.href = `?player=${link.dataset.player}`;
    if (link.dataset.player === chosen) link.setAttribute('aria-current', 'page');
  }
  const response = await fetch('config.json');
  const config: { version?: string; metrics_url?: string } = response.ok ? await response.json() : {};
  if (config.version) page('version').textContent = config.version;
  if (!config.metrics_url) return;
  page<HTMLAnchorElement>('metrics').href = config.metrics_url;
  page('metrics').textContent = config.metrics_url;
  page('metrics-line').hidden = false;
}
