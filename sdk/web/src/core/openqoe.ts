// The client a page talks to: its public methods, and the life of sessions as page and player come and go.

import type { Attributes, EventBody, Failure, SessionEnd, Trigger } from './generated.js';
import { createGuard, type Guard } from './guard.js';
import { createObservation, type Observation } from './observation.js';
import { checkOptions, type Options } from './options.js';
import { pageHidden, watchPage } from './page.js';
import { createReporter, type Reporter } from './reporter.js';

const HEARTBEAT_MS = 10_000;

export type Asset = Pick<Options, 'assetId' | 'isLive' | 'attributes'>;

export class OpenQoe {
  private readonly guard: Guard;
  private readonly reporter: Reporter;
  private readonly observation: Observation;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private unwatch: (() => void) | undefined;
  /** Whether the page left with a session open: if it comes back, so does the viewer. */
  private parked = false;

  constructor(private readonly options: Options) {
    checkOptions(options);
    const guard = createGuard(options.onWarning);
    const reporter = createReporter(options, guard);
    this.guard = guard;
    this.reporter = reporter;
    this.observation = createObservation({
      adapters: options.adapters,
      report: reporter.record,
      onVersion: (version) =>
        reporter.describe({ player_version: options.attributes?.player_version ?? version }),
      guard,
    });
    this.describe(options);
  }

  /** The id of the open session; the console of the gateway finds the session by it. */
  get sessionId(): string | undefined {
    return this.reporter.sessionId;
  }

  /** Events lost because the queue was full. */
  get dropped(): number {
    return this.reporter.dropped;
  }

  /** Opens a session, unless one is open, and returns its id. */
  startSession(): string {
    if (!this.sessionId) this.open(false);
    return this.sessionId as string;
  }

  /** Observes `player` through the first adapter that handles it. Opens a session if none is open. */
  attach(player: unknown): void {
    this.observation.choose(player);
    if (this.sessionId) this.observation.begin(false);
    else this.open(false);
  }

  /** Stops observing the player; the session stays open. */
  detach(): void {
    this.observation.release();
  }

  /** Reports any event of the vocabulary, such as those of ads. */
  note(event: EventBody): void {
    if (event.type === 'session_start') this.startSession();
    else if (event.type === 'session_end') this.endSession(event.reason);
    else if (this.sessionId) this.reporter.record(event);
    else this.guard.warn(`${event.type} ignored: no session is open; call startSession() first`);
  }

  notePlayRequest(trigger: Trigger = 'user'): void {
    this.note({ type: 'play_request', trigger });
  }

  notePlaybackStart(): void {
    this.note({ type: 'playing' });
  }

  notePause(): void {
    this.note({ type: 'pause' });
  }

  noteStall(): void {
    this.note({ type: 'stall' });
  }

  noteError(code: unknown, options: { fatal?: boolean; category?: Failure } = {}): void {
    const { fatal = true, category = 'technical' } = options;
    const text = this.guard.safely(() => String(code).slice(0, 64)) || 'unknown';
    this.note({ type: 'error', code: text, fatal, category });
  }

  /** Adds or changes session attributes; a changed one holds from the next event on. */
  setAttributes(attributes: Attributes): void {
    this.reporter.describe(attributes);
  }

  /** The same player goes on to another content: ends the session and opens the next. Call it after the change. */
  newAsset(asset: Asset): string {
    this.endSession('content_change');
    this.describe(asset);
    return this.startSession();
  }

  /** Closes the session and sends what waits. The player stays attached for the next `startSession`. */
  endSession(reason: SessionEnd = 'stopped'): void {
    this.close(reason);
    this.reporter.flush();
  }

  /** Ends the session and lets go of player and page. */
  destroy(): void {
    this.endSession();
    this.detach();
    this.unwatch?.();
    this.unwatch = undefined;
  }

  private describe({ assetId, isLive, attributes }: Asset): void {
    this.reporter.describe({ asset_id: assetId, is_live: isLive, ...attributes });
  }

  private open(restored: boolean): void {
    this.reporter.open();
    this.unwatch ??= watchPage({
      visibility: (hidden) => this.seeVisibility(hidden),
      leave: () => this.leave(),
      restore: () => this.restore(),
    });
    if (pageHidden()) this.reporter.record({ type: 'visibility', hidden: true });
    this.observation.begin(restored);
    this.heartbeat = setInterval(() => this.beat(), this.options.heartbeatMs ?? HEARTBEAT_MS);
  }

  private close(reason: SessionEnd): void {
    this.reporter.close(reason);
    clearInterval(this.heartbeat);
  }

  private beat(): void {
    this.reporter.record({ type: 'heartbeat', ...this.observation.sample() });
    this.reporter.flush();
  }

  private seeVisibility(hidden: boolean): void {
    this.reporter.record({ type: 'visibility', hidden });
    if (hidden) this.reporter.flush();
  }

  private leave(): void {
    this.parked = this.sessionId !== undefined;
    this.close('page_hide');
    this.reporter.beacon();
  }

  private restore(): void {
    if (this.parked && !this.sessionId) this.open(true);
    this.parked = false;
    this.reporter.flush();
  }
}
