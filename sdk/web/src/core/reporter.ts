// From an event to the wire: stamps it with the open session, queues it with what is known then, and decides when the
// queue is sent. It knows nothing of what events mean: the engine in the gateway does.

import type { Report, Sample } from './adapter.js';
import type { AttributeBook } from './attributes.js';
import type { EventBody, SessionEnd } from './generated.js';
import type { Guard } from './guard.js';
import type { Options } from './options.js';
import { pageHidden } from './page.js';
import { dropOne, type Entry } from './queue.js';
import { createSampler } from './sampler.js';
import { openSession, type Session } from './session.js';
import { type Answer, createTransport } from './transport.js';

const QUEUE_BOUND = 2_000;
const HEARTBEAT_MS = 10_000;
/** Beyond a heartbeat: when no timer has run for so long, the device slept or the page was frozen. */
const SILENCE_MS = 50_000;
/** Long enough to make one batch of a burst, short enough for a live dashboard. */
const SOON_MS = 200;
/** What a dashboard should not have to wait a heartbeat for. */
const URGENT = /^(play|stall|error|ended|rendition)/;
const EXPENDABLE = /^(heartbeat|download)$/;
/** One download of so many tells enough of steady playback. */
const DOWNLOAD_WEIGHT = 8;

export interface Reporter {
  _sessionId(): string | undefined;
  /** Events that were lost. */
  _dropped: number;
  _open(): void;
  /** Without a reason nobody hears of it. */
  _close(reason?: SessionEnd): void;
  /** Without an open session the event is nobody's and is ignored. */
  _record: Report;
  _flush(): void;
  _beacon(): void;
  /** Forgets everything; nothing is sent any more and no timer is left. */
  _stop(): void;
}

/** What the reporter asks of the client. */
export interface ReporterHost {
  readonly _options: Options;
  readonly _attributes: AttributeBook;
  readonly _guard: Guard;
  /** The figures of the next heartbeat. */
  _sample(): Sample;
  /** An event was recorded. */
  _see(event: EventBody): void;
  /** The gateway wants nothing more from this client, ever. */
  _onGone(): void;
}

export function createReporter(host: ReporterHost): Reporter {
  const {
    _options: options,
    _attributes: attributes,
    _guard: { _warn: warn, _safely: safely },
  } = host;
  const { offline, heartbeatMs = HEARTBEAT_MS, downloadWeight = DOWNLOAD_WEIGHT } = options;
  const queue: Entry[] = [];
  const sampler = createSampler(downloadWeight);
  const transport = createTransport(options, queue, heed, () => host._onGone());
  let bound = QUEUE_BOUND;
  let session: Session | undefined;
  let soon: ReturnType<typeof setTimeout> | undefined;
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  let skipped = false;

  function heed(
    status: number,
    { error = '', message = error, hints, rejected = [], warnings = [] }: Answer,
  ): void {
    sampler._heed(hints?.download_weight);
    if (status >= 400) warn(`batch refused (${status}): ${message}`);
    for (const defect of [...rejected, ...warnings]) warn(`gateway: ${JSON.stringify(defect)}`);
  }

  function put(event: EventBody, at?: number): void {
    const owner = session;
    if (!owner) return;
    safely(() => {
      const sampled = sampler._admit(event);
      if (!sampled) return;
      const entry = {
        session: owner._id,
        startedAt: owner._startedAt,
        attributes: attributes._current,
        event: owner._stamp(sampled, at),
        expendable: EXPENDABLE.test(event.type),
      };
      queue.push(entry);
      if (transport._failures) offline?.keep([entry]);
      if (queue.length > bound) {
        const gone = dropOne(queue);
        offline?.forget(gone);
        if (!reporter._dropped) warn('queue full, events dropped');
        reporter._dropped += 1;
      }
    });
    if (URGENT.test(event.type)) soon ??= setTimeout(flush, SOON_MS);
    host._see(event);
  }

  function record(event: EventBody, at?: number): void {
    const beaten = session?._wake(SILENCE_MS + heartbeatMs);
    if (beaten !== undefined) {
      // Nobody watched since.
      put({ type: 'visibility', hidden: true }, beaten);
      if (!pageHidden()) put({ type: 'visibility', hidden: false });
    }
    put(event, at);
  }

  function beat(): void {
    record({ type: 'heartbeat', ...host._sample() });
    // Nothing happens in steady playback: every second heartbeat is early enough.
    skipped = sampler._steady() && !skipped;
    if (!skipped) flush();
  }

  function flush(): void {
    clearTimeout(soon);
    soon = undefined;
    transport._flush();
  }

  const reporter: Reporter = {
    _dropped: 0,
    _sessionId: () => session?._id,
    _open() {
      session = openSession();
      heartbeat = setInterval(beat, heartbeatMs);
      record({ type: 'session_start' });
    },
    _close(reason) {
      if (reason) record({ type: 'session_end', reason });
      session = undefined;
      attributes._renew();
      clearInterval(heartbeat);
    },
    _record: record,
    _flush: flush,
    _beacon: transport._beacon,
    _stop() {
      reporter._close();
      clearTimeout(soon);
      transport._stop();
    },
  };
  offline?.open((entries, lost) => {
    queue.unshift(...entries);
    // They are bounded where they were kept.
    bound += entries.length;
    reporter._dropped += lost;
    if (entries[0]) flush();
  });
  return reporter;
}
