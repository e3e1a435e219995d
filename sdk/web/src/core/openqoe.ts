// The client a page talks to. It opens and closes sessions, puts what adapters and page report into the queue and
// decides when the queue is sent. It knows nothing of what events mean: the engine in the gateway does.

import type { Adapter, Attachment, Sample } from './adapter.js';
import { type AttributeBook, createAttributes } from './attributes.js';
import type { Attributes, EventBody, Failure, SessionEnd, Trigger } from './generated.js';
import { checkOptions, type Options } from './options.js';
import { pageHidden, watchPage } from './page.js';
import { createQueue, type Queue } from './queue.js';
import { openSession, type Session } from './session.js';
import { createTransport, type Transport } from './transport.js';
import { SDK_VERSION } from './version.js';
import { createWarn, type Warn } from './warn.js';

const QUEUE_BOUND = 2_000;
const HEARTBEAT_MS = 10_000;
/** Long enough to make one batch of a burst, short enough for a live dashboard. */
const SOON_MS = 200;
/** What a dashboard should not have to wait a heartbeat for. */
const URGENT = /^(play|stall|error|ended|rendition)/;
const EXPENDABLE = /^(heartbeat|download)$/;

export type Asset = Pick<Options, 'assetId' | 'isLive' | 'attributes'>;

export class OpenQoe {
  private readonly warn: Warn;
  private readonly queue: Queue;
  private readonly transport: Transport;
  private readonly attributes: AttributeBook;
  private session: Session | undefined;
  private player: { adapter: Adapter; player: unknown } | undefined;
  private attachment: Attachment | undefined;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private soon: ReturnType<typeof setTimeout> | undefined;
  private unwatch: (() => void) | undefined;
  private parked = false;

  constructor(private readonly options: Options) {
    checkOptions(options);
    this.warn = createWarn(options.onWarning);
    this.queue = createQueue(QUEUE_BOUND, () => this.warn('the queue is full; events are being dropped'));
    this.transport = createTransport({ ...options, queue: this.queue, warn: this.warn });
    this.attributes = createAttributes({ sdk_version: SDK_VERSION });
    this.describe(options);
  }

  /** The id of the open session; the console of the gateway finds the session by it. */
  get sessionId(): string | undefined {
    return this.session?.id;
  }

  /** Events lost because the queue was full. */
  get dropped(): number {
    return this.queue.dropped;
  }

  /** Opens a session, unless one is open, and returns its id. */
  startSession(): string {
    return (this.session ?? this.open(false)).id;
  }

  /** Observes `player` through the first adapter that handles it. Opens a session if none is open. */
  attach(player: unknown): void {
    const adapters = this.options.adapters ?? [];
    const adapter = adapters.find((candidate) => candidate.handles(player));
    if (!adapter) {
      const given = adapters.map((candidate) => candidate.name).join(', ') || 'none';
      throw new TypeError(
        `OpenQoe: no adapter for this player (given: ${given}). Import one, such as { hlsjs } from ` +
          `'@openqoe/sdk/hlsjs' or { html5 } from '@openqoe/sdk/html5', and pass it in { adapters: [...] }`,
      );
    }
    this.player = { adapter, player };
    if (this.session) this.observe(false);
    else this.open(false);
  }

  /** Stops observing the player; the session stays open. */
  detach(): void {
    this.player = undefined;
    this.unobserve();
  }

  /** Reports any event of the vocabulary, such as those of ads. */
  note(event: EventBody): void {
    if (event.type === 'session_start') this.startSession();
    else if (event.type === 'session_end') this.endSession(event.reason);
    else if (this.session) this.record(event);
    else this.warn(`${event.type} ignored: no session is open; call startSession() first`);
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
    const text = this.safely(() => String(code).slice(0, 64)) || 'unknown';
    this.note({ type: 'error', code: text, fatal, category });
  }

  /** Adds or changes session attributes; a changed one holds from the next event on. */
  setAttributes(attributes: Attributes): void {
    this.safely(() => this.attributes.merge(attributes));
  }

  /** The same player goes on to another content: ends the session and opens the next. Call it after the change. */
  newAsset(asset: Asset): string {
    this.endSession('content_change');
    this.attributes.renew();
    this.describe(asset);
    return this.open(false).id;
  }

  /** Closes the session and sends what waits. The player stays attached for the next `startSession`. */
  endSession(reason: SessionEnd = 'stopped'): void {
    this.close(reason);
    this.transport.flush();
  }

  /** Ends the session and lets go of player and page. */
  destroy(): void {
    this.endSession();
    this.detach();
    this.unwatch?.();
    this.unwatch = undefined;
  }

  private describe({ assetId, isLive, attributes }: Asset): void {
    this.setAttributes({ asset_id: assetId, is_live: isLive, ...attributes });
  }

  private open(restored: boolean): Session {
    const session = openSession();
    this.session = session;
    this.attributes.renew();
    this.unwatch ??= watchPage({
      visibility: (hidden) => this.seeVisibility(hidden),
      leave: () => this.leave(),
      restore: () => this.restore(),
    });
    this.record({ type: 'session_start' });
    if (pageHidden()) this.record({ type: 'visibility', hidden: true });
    this.observe(restored);
    this.heartbeat = setInterval(() => this.beat(), this.options.heartbeatMs ?? HEARTBEAT_MS);
    return session;
  }

  private close(reason: SessionEnd): void {
    if (this.session) this.record({ type: 'session_end', reason });
    this.session = undefined;
    clearInterval(this.heartbeat);
    this.cancelSoon();
  }

  private observe(restored: boolean): void {
    this.unobserve();
    const present: EventBody[] = [];
    let report = (event: EventBody): void => void present.push(event);
    this.safely(() => {
      if (!this.player) return;
      this.attachment = this.player.adapter.attach(this.player.player, (event) => report(event));
      this.attributes.merge({ player_version: this.attachment.playerVersion });
    });
    report = (event) => this.record(event);
    // Playback that was under way before the session has no startup to measure. Passing through the background
    // makes the engine discard it, where `play_request` followed by `playing` would count as an instant start.
    const joined = restored || present.some((event) => event.type === 'playing');
    if (joined) this.record({ type: 'visibility', hidden: true });
    for (const event of present) this.record(event);
    if (joined && !pageHidden()) this.record({ type: 'visibility', hidden: false });
  }

  private unobserve(): void {
    this.safely(() => this.attachment?.detach());
    this.attachment = undefined;
  }

  private record(event: EventBody): void {
    const session = this.session;
    if (!session) return;
    this.safely(() => {
      const text = session.stamp(event);
      const expendable = EXPENDABLE.test(event.type);
      this.queue.push({ session, attributes: this.attributes.current, event: text, expendable });
    });
    if (URGENT.test(event.type)) this.soon ??= setTimeout(() => this.flush(), SOON_MS);
  }

  private beat(): void {
    const sample: Sample = this.safely(() => this.attachment?.sample()) ?? {};
    this.record({ type: 'heartbeat', ...sample });
    this.flush();
  }

  private flush(): void {
    this.cancelSoon();
    this.transport.flush();
  }

  private cancelSoon(): void {
    clearTimeout(this.soon);
    this.soon = undefined;
  }

  private seeVisibility(hidden: boolean): void {
    this.record({ type: 'visibility', hidden });
    if (hidden) this.flush();
  }

  private leave(): void {
    this.parked = this.session !== undefined;
    this.close('page_hide');
    this.transport.beacon();
  }

  private restore(): void {
    if (this.parked && !this.session) this.open(true);
    this.parked = false;
    this.transport.flush();
  }

  private safely<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.warn(String(error));
      return undefined;
    }
  }
}
