// The hands of a scenario: one page of the demo with one player, the faults of its own origin, and the record of what was
// done when. Every button leaves a note of the moment, taken in the page right before it is pressed.

import type { BrowserContext, Page } from 'playwright-core';
import { until } from '../until.ts';
import { readLatency } from './latency.ts';
import type { Act, Frame, Witnessed } from './record.ts';

declare global {
  interface Window {
    openqoeTwin?: { sessionId: string; endSession(reason: 'stopped'): void };
  }
}

export interface Faults {
  latency_ms?: number;
  slow_kbps?: number;
  status?: number;
  hold?: boolean;
}

export class Stage {
  /** The ids of the sessions so far, and when on the page's clock each began. */
  readonly sessions: { id: string; from: number }[] = [];
  /** The delay of the live picture, seconds, as read off it. */
  latency: number | undefined;
  /** The session of a second SDK. */
  twin: string | undefined;
  /** The session the player reports by itself. */
  own: string | undefined;
  private last: Witnessed = { frames: [], acts: [] };

  constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly origin: string,
    private readonly scope: string,
    /** Opens the background, or the page again. */
    private readonly turn: (page: Page, hidden: boolean) => Promise<void>,
  ) {}

  /**
   * Every look into the page counts as a gesture of its user, as Playwright does it, and lets a page start sound. So the page
   * is first left `alone` for so many seconds where that matters.
   */
  async open(query: string, alone = 0): Promise<void> {
    await this.page.goto(`${this.origin}/demo/?scope=${this.scope}&${query}`);
    await this.pass(alone);
    const id = await this.page.waitForFunction(() => window.openqoeDemo?.sessionId);
    this.sessions.push({ id: (await id.jsonValue()) as string, from: 0 });
    this.own = await this.page.evaluate(() => window.openqoeDemo.cmcdSessionId);
  }

  /** Attaches a second SDK, as the gateway serves it, to the element alone. */
  async attachTwin(): Promise<void> {
    this.twin = await this.page.evaluate(async () => {
      const fetched = (name: string) => import(`/sdk/${name}.js`);
      const [{ OpenQoe }, { html5 }] = await Promise.all([fetched('openqoe'), fetched('html5')]);
      const twin = new OpenQoe({ endpoint: '/v1/ingest', assetId: 'twin', adapters: [html5] });
      twin.attach(window.openqoeDemo.video);
      window.openqoeTwin = twin;
      return twin.sessionId as string;
    });
  }

  async play(): Promise<void> {
    await this.page.evaluate(() => {
      window.openqoeWitness.note({ kind: 'play' });
      window.openqoeDemo.play().catch((error: Error) => {
        if (error.name === 'NotAllowedError') window.openqoeWitness.note({ kind: 'denied' });
      });
    });
  }

  async pause(): Promise<void> {
    await this.page.evaluate(() => {
      window.openqoeWitness.note({ kind: 'pause' });
      window.openqoeDemo.pause();
    });
  }

  async seek(to: number): Promise<void> {
    await this.page.evaluate((to) => {
      window.openqoeWitness.note({ kind: 'seek', to });
      window.openqoeDemo.seek(to);
    }, to);
  }

  async rate(rate: number): Promise<void> {
    await this.page.evaluate((rate) => {
      window.openqoeWitness.note({ kind: 'rate', rate });
      window.openqoeDemo.rate(rate);
    }, rate);
  }

  async note(act: Act): Promise<void> {
    await this.page.evaluate((act) => window.openqoeWitness.note(act), act);
  }

  /** Gives the player other content, which plays on: the next session. */
  async change(): Promise<void> {
    const { id, at } = await this.page.evaluate(() => {
      window.openqoeWitness.note({ kind: 'change' });
      const at = performance.now();
      window.openqoeWitness.note({ kind: 'play' });
      return { id: window.openqoeDemo.change('ladder'), at };
    });
    this.sessions.push({ id, from: at });
  }

  async faults(faults: Faults): Promise<void> {
    const response = await fetch(`${this.origin}/demo/faults/${this.scope}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(faults),
    });
    if (!response.ok) throw new Error(`faults: ${response.status} ${await response.text()}`);
  }

  /** Holds media back until the picture has stood for `seconds`; what then ends the stall is up to the caller. */
  async dry(seconds: number): Promise<void> {
    await this.faults({ hold: true });
    await this.page.waitForFunction(
      ({ seconds }) => {
        const { frames, acts } = window.openqoeWitness;
        const still = performance.now() - (frames.at(-1)?.at ?? performance.now());
        const supply = acts.filter(({ kind }) => kind === 'short' || kind === 'fed').at(-1);
        return supply?.kind === 'short' && still >= seconds * 1_000;
      },
      { seconds },
      { polling: 20, timeout: 60_000 },
    );
  }

  async feed(): Promise<void> {
    await this.faults({});
  }

  /** A stall of about `seconds`, from the last frame to the next. */
  async stall(seconds: number): Promise<void> {
    await this.dry(seconds);
    await this.feed();
    await this.moving();
  }

  /** Reads the delay off the live picture. */
  async readLatency(): Promise<void> {
    this.latency = await readLatency(this.page, `${this.origin}/demo/media/${this.scope}`);
  }

  /** Waits until frames move again, and for `seconds` of media from there on. */
  async moving(seconds = 0.5): Promise<void> {
    const from = await this.page.evaluate(() => performance.now());
    await this.page.waitForFunction(
      ({ from, seconds }) => {
        const seen = window.openqoeWitness.frames.filter(({ at }) => at > from);
        const steps = seen.map(({ media }, n) => media - (seen[n - 1]?.media ?? media));
        // A longer step is a jump to another place.
        return steps.reduce((sum, step) => sum + (step > 0 && step < 1 ? step : 0), 0) >= seconds;
      },
      { from, seconds },
      { polling: 50, timeout: 60_000 },
    );
  }

  /** Waits until frames of this width are on the screen, or of any but `not`. */
  async width(wanted: (width: number) => boolean, what: string): Promise<void> {
    const seen = async () => (wanted((await this.frame())?.width ?? 0) ? true : undefined);
    await until(what, seen, 90_000);
  }

  async frame(): Promise<Frame | undefined> {
    return this.page.evaluate(() => window.openqoeWitness.frames.at(-1));
  }

  async hide(): Promise<void> {
    await this.note({ kind: 'hide' });
    await this.turn(this.page, true);
  }

  async show(): Promise<void> {
    await this.turn(this.page, false);
    await this.note({ kind: 'show' });
  }

  async offline(offline: boolean): Promise<void> {
    await this.context.setOffline(offline);
  }

  /** Presses the page's own button, as a hand does. */
  async press(): Promise<void> {
    await this.page.click('#start');
  }

  /** Waits until the player knows what it will play, and shows nothing yet. */
  async metadata(): Promise<void> {
    await this.page.waitForFunction(() => window.openqoeDemo.video.readyState > 0, undefined, {
      polling: 20,
    });
  }

  /** Waits until the page says that playback failed. Some players never do: then the scenario goes on without. */
  async failed(): Promise<boolean> {
    return this.saw('failed', 30_000);
  }

  async ended(): Promise<void> {
    if (!(await this.saw('ended', 60_000))) throw new Error('the media did not end');
  }

  /** Waits until playback goes on, or is told to have failed. */
  async recover(): Promise<void> {
    await Promise.race([this.moving(5), this.failed()]);
  }

  /** Lets real time pass: for what is defined by its length, such as a pause of twenty seconds. */
  async pass(seconds: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  }

  /**
   * Watches on, if anything plays: the events of a player come a frame or two before its picture, which is more than one per
   * cent of a few seconds.
   */
  private async watchOn(): Promise<void> {
    const plays = await this.page.evaluate(() => {
      const { acts } = window.openqoeWitness;
      return !window.openqoeDemo.video.paused && !acts.some(({ kind }) => kind === 'failed');
    });
    if (plays) await this.moving(10);
  }

  /** Ends the session by its owner. */
  async end(): Promise<void> {
    if (this.own) await this.watchOn();
    await this.page.evaluate(() => {
      // A player says of itself that it stands still, not that nobody watches any more.
      if (window.openqoeDemo.cmcdSessionId) window.openqoeDemo.pause();
      window.openqoeWitness.note({ kind: 'end' });
      window.openqoeDemo.qoe.endSession('stopped');
      window.openqoeTwin?.endSession('stopped');
    });
    await this.keep();
  }

  /** Closes the page as a viewer does. */
  async leave(): Promise<void> {
    await this.keep();
    const at = await this.page.evaluate(() => {
      location.href = 'about:blank';
      return performance.now();
    });
    this.last.acts.push({ kind: 'end', at });
  }

  /** What was witnessed up to now, or up to the moment the page was left. */
  get witnessed(): Witnessed {
    return this.last;
  }

  private saw(kind: Act['kind'], timeout: number): Promise<boolean> {
    const seen = (kind: Act['kind']) => window.openqoeWitness.acts.some((act) => act.kind === kind);
    return this.page.waitForFunction(seen, kind, { polling: 50, timeout }).then(
      () => true,
      () => false,
    );
  }

  private async keep(): Promise<void> {
    this.last = await this.page.evaluate(() => ({
      frames: window.openqoeWitness.frames,
      acts: window.openqoeWitness.acts,
    }));
  }
}
