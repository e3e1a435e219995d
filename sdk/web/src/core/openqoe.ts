// The client a page talks to: its public methods, and the life of sessions as page, player and consent come and go.

import type { Sample } from './adapter.js';
import { type AttributeBook, createAttributes } from './attributes.js';
import type { Attributes, EventBody, Failure, SessionEnd, Trigger } from './generated.js';
import { createGuard, type Guard } from './guard.js';
import { createObservation, type Observation } from './observation.js';
import { type Consent, checkOptions, type Options } from './options.js';
import { pageHidden, watchPage } from './page.js';
import type { Plugin } from './plugin.js';
import { createPlugins, type Plugins } from './plugins.js';
import { fillRandom } from './random.js';
import { createReporter, type Reporter } from './reporter.js';
import { SDK_VERSION } from './version.js';
import { hashViewer } from './viewer.js';

/** The content a session is about. */
export type Asset = Pick<Options, 'assetId' | 'isLive' | 'attributes'>;

/** What is known about an error. */
export interface ErrorOptions {
  /**
   * Whether playback cannot go on.
   *
   * @default true
   */
  fatal?: boolean;
  /**
   * `'business'` for intended refusals (no entitlement, geo-block), which count apart from defects.
   *
   * @default `'technical'`
   */
  category?: Failure;
}

/** Observes one player and reports to one gateway. A page with two players has two. */
export class OpenQoe {
  /** @internal */
  readonly _guard: Guard;
  /** @internal */
  readonly _attributes: AttributeBook;
  private readonly _observation: Observation;
  private readonly _plugins: Plugins;
  /** Whether the browser tells of an objection that counts. */
  private readonly _objected: boolean;
  /** None without consent. */
  private _reporter: Reporter | undefined;
  private _unwatch: (() => void) | undefined;
  /** Whether there is to be a session, as soon as there may be one: after consent, or when the page is back. */
  private _wanted: boolean | undefined;
  private _gone: boolean | undefined;

  /**
   * Nothing is sent before `startSession` or `attach`.
   *
   * @throws `TypeError` where the endpoint is missing, `key` is a secret one (`oqs_`, `oqr_`) or `heartbeatMs` is below 1 000.
   */
  constructor(/** @internal */ readonly _options: Options) {
    checkOptions(_options);
    const { experiment, viewerId, gpc, consent = 'granted' } = _options;
    this._guard = createGuard(_options.onWarning);
    this._attributes = createAttributes();
    this._plugins = createPlugins(this);
    this._observation = createObservation(this, (event, at) => this._reporter?._record(event, at));
    this._objected =
      gpc !== 'ignore' &&
      !!(globalThis.navigator as { globalPrivacyControl?: boolean } | undefined)?.globalPrivacyControl;
    this.setAttributes({
      sdk_version: SDK_VERSION,
      experiment_id: experiment?.id,
      experiment_variant: experiment?.variant,
    });
    this._describe(_options);
    if (viewerId && !this._objected) {
      hashViewer(viewerId, _options.endpoint).then(
        (hash) => this.setAttributes({ viewer_id_hash: hash }),
        (error) => this._guard._warn(`no viewer id: ${error}`),
      );
    }
    this.setConsent(consent);
  }

  /** The id of the open session, a random UUID; the console of the gateway finds the session by it. */
  get sessionId(): string | undefined {
    return this._reporter?._sessionId();
  }

  /** Events lost because too many waited, or for too long. */
  get dropped(): number {
    return this._reporter?._dropped ?? 0;
  }

  /**
   * What the viewer allows. After `denied` nothing is sent or kept, not even what waits; `granted` opens a new session where
   * one was begun and not ended.
   */
  setConsent(consent: Consent): void {
    const allowed = consent === 'granted' && !(this._objected && this._options.gpc === 'discard');
    if (!allowed || this._gone) {
      this._letGo();
      this._reporter?._stop();
      this._reporter = undefined;
      this._options.offline?.clear();
    } else if (!this._reporter) {
      this._reporter = createReporter(this);
      if (this._wanted) this._open(false);
    }
  }

  /** Adds measurements of the page's own. The plugin begins with the session, at once where one is open. */
  use(plugin: Plugin): void {
    this._plugins._add(plugin);
  }

  /** Opens a session, unless one is open, and returns its id: empty without consent. */
  startSession(): string {
    this._wanted = true;
    if (!this.sessionId) this._open(false);
    return this.sessionId ?? '';
  }

  /**
   * Observes `player` through the first adapter that handles it, instead of the one before. Opens a session if none is open.
   * Without consent the player is remembered and nothing is observed.
   *
   * @throws `TypeError` where none of `adapters` handles it.
   */
  attach(player: unknown): void {
    this._observation._choose(player);
    if (this.sessionId) this._observation._begin(false);
    else this.startSession();
  }

  /** Stops observing the player; the session stays open. */
  detach(): void {
    this._observation._release();
  }

  /** Reports any event of the vocabulary, such as those of ads. Without a session it is ignored, with a warning. */
  note(event: EventBody): void {
    if (event.type === 'session_start') this.startSession();
    else if (event.type === 'session_end') this.endSession(event.reason);
    else if (this.sessionId) this._reporter?._record(event);
    else if (this._reporter) this._guard._warn(`${event.type} ignored: call startSession() first`);
  }

  /** Playback is expected to start: startup time counts from the first one. */
  notePlayRequest(trigger: Trigger = 'user'): void {
    this.note({ type: 'play_request', trigger });
  }

  /** Frames are moving: the first one, or the first after a pause, a stall or a seek. */
  notePlaybackStart(): void {
    this.note({ type: 'playing' });
  }

  /** The viewer or the app paused. */
  notePause(): void {
    this.note({ type: 'pause' });
  }

  /** Playback waits for data. */
  noteStall(): void {
    this.note({ type: 'stall' });
  }

  /** The player reported an error. `code` is made text of 64 characters at most. */
  noteError(code: unknown, { fatal = true, category = 'technical' }: ErrorOptions = {}): void {
    this.note({ type: 'error', code: this._text(code), fatal, category });
  }

  /**
   * Reports a figure of your own, such as `drm_license_seconds`: counted by name, with the sum of its values. The unit is in the
   * name. A name is at most 64 characters; a value is 0 or more, and events of one name have one always, or never.
   */
  noteCustom(name: string, value?: number): void {
    this.note({ type: 'custom', name: this._text(name), value });
  }

  /** Adds or changes session attributes; a changed one holds from the next event on, `undefined` takes one back. */
  setAttributes(attributes: Attributes): void {
    this._guard._safely(() =>
      this._attributes._merge(this._objected ? { ...attributes, viewer_id_hash: undefined } : attributes),
    );
  }

  /** A W3C `traceparent` for requests of the page's own, another one each time: all belong to the trace of the open session. */
  traceparent(): string | undefined {
    const id = this.sessionId;
    return id && `00-${id.replace(/-/g, '')}-${fillRandom('xxxxxxxxxxxxxxxx')}-01`;
  }

  /**
   * The same player goes on to another content: ends the session and opens the next, whose id is returned. Call it right after
   * handing over the new source. `assetId` and `isLive` that are left out are not known any more; other attributes stay.
   */
  newAsset(asset: Asset): string {
    this.endSession('content_change');
    this._describe(asset);
    return this.startSession();
  }

  /** Closes the session and sends what waits. The player stays attached for the next `startSession`. */
  endSession(reason: SessionEnd = 'stopped'): void {
    this._wanted = false;
    this._reporter?._close(reason);
    this._reporter?._flush();
  }

  /** Ends the session and lets go of player, page and plugins. What waits is still sent. */
  destroy(): void {
    this.endSession();
    this._letGo();
    this.detach();
  }

  /** @internal */
  _sample(): Sample {
    const sample = { ...this._observation._sample() };
    this._plugins._each((plugin) => Object.assign(sample, plugin.sample?.()));
    return sample;
  }

  /** @internal */
  _see(event: EventBody): void {
    this._plugins._each((plugin) => plugin.onEvent?.(event));
  }

  /** @internal */
  _onGone(): void {
    this._gone = true;
    this.setConsent('denied');
  }

  private _text(value: unknown): string {
    return this._guard._safely(() => String(value).slice(0, 64)) || 'unknown';
  }

  private _describe({ assetId, isLive, attributes }: Asset): void {
    this.setAttributes({ asset_id: assetId, is_live: isLive, ...attributes });
  }

  private _letGo(): void {
    this._plugins._stop();
    this._observation._detach();
    this._unwatch?.();
    this._unwatch = undefined;
  }

  private _open(restored: boolean): void {
    const reporter = this._reporter;
    if (!reporter) return;
    this._plugins._start();
    reporter._open();
    this._unwatch ??= watchPage(
      () => {
        const hidden = pageHidden();
        reporter._record({ type: 'visibility', hidden });
        if (hidden) reporter._flush();
      },
      () => {
        reporter._close('page_hide');
        reporter._beacon();
      },
      () => {
        if (this._wanted && !this.sessionId) this._open(true);
        reporter._flush();
      },
    );
    if (pageHidden()) reporter._record({ type: 'visibility', hidden: true });
    this._observation._begin(restored);
  }
}
