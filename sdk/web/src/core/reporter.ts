// From an event to the wire: stamps it with the open session, queues it with what is known then, and decides when the
// queue is sent. It knows nothing of what events mean: the engine in the gateway does.

import type { Report, Sample } from './adapter.js';
import type { AttributeBook } from './attributes.js';
import type { EventBody, SessionEnd } from './generated.js';
import type { Guard } from './guard.js';
import type { Options } from './options.js';
import { pageHidden } from './page.js';
import { createQueue } from './queue.js';
import { createSampler } from './sampler.js';
import { openSession, type Session } from './session.js';
import { createTransport } from './transport.js';

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
  _dropped(): number;
  _open(): void;
  _close(reason: SessionEnd): void;
  /** Without an open session the event is nobody's and is ignored. */
  _record: Report;
  _flush(): void;
  _beacon(): void;
  /** Forgets everything; nothing is sent any more and no timer is left. */
  _stop(): void;
}

/** What the reporter asks of the client. */
export interface ReporterHost {
  _attributes: AttributeBook;
  _guard: Guard;
  /** The figures of the next heartbeat. */
  _sample(): Sample;
  /** An event was recorded. */
  _onEvent(event: EventBody): void;
  /** The gateway wants nothing more from this client, ever. */
  _onGone(): void;
}

/** In the URL: beacons cannot set headers, and without one `fetch` needs no CORS preflight either. */
function withKey(endpoint: string, key: string | undefined): string {
  return key ? `${endpoint}${endpoint.includes('?') ? '&' : '?'}key=${encodeURIComponent(key)}` : endpoint;
}

function downloadWeight(sampling: Options['sampling'] = true): number {
  if (typeof sampling === 'object') return sampling.downloads;
  return sampling ? DOWNLOAD_WEIGHT : 1;
}

export function createReporter(options: Options, host: ReporterHost): Reporter {
  const { offline, heartbeatMs = HEARTBEAT_MS } = options;
  const { _attributes: attributes, _guard: guard } = host;
  const queue = createQueue(QUEUE_BOUND, () => guard._warn('the queue is full; events are being dropped'));
  const sampler = createSampler(downloadWeight(options.sampling));
  const transport = createTransport({
    _endpoint: withKey(options.endpoint, options.key),
    _queue: queue,
    _warn: guard._warn,
    _heed: sampler._heed,
    _onGone: host._onGone,
    _store: offline,
    _fetch: options.fetch,
  });
  let session: Session | undefined;
  let soon: ReturnType<typeof setTimeout> | undefined;
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  let skipped = false;

  function put(event: EventBody, at?: number): void {
    const owner = session;
    if (!owner) return;
    guard._safely(() => {
      const sampled = sampler._admit(event);
      if (!sampled) return;
      const entry = {
        session: owner._id,
        startedAt: owner._clock._startedAt,
        attributes: attributes._current,
        event: owner._stamp(sampled, at),
        expendable: EXPENDABLE.test(event.type),
      };
      queue._push(entry);
      if (transport._failures) offline?.keep([entry]);
    });
    if (URGENT.test(event.type)) soon ??= setTimeout(flush, SOON_MS);
    host._onEvent(event);
  }

  function record(event: EventBody, at?: number): void {
    const clock = session?._clock;
    if (clock && clock._silence() > SILENCE_MS + heartbeatMs) {
      // Nobody watched meanwhile.
      put({ type: 'visibility', hidden: true }, clock._ticked);
      clock._wake();
      clock._tick();
      if (!pageHidden()) put({ type: 'visibility', hidden: false });
    }
    clock?._wake();
    put(event, at);
  }

  function beat(): void {
    record({ type: 'heartbeat', ...host._sample() });
    session?._clock._tick();
    // Nothing happens in steady playback: every second heartbeat is early enough.
    skipped = sampler._steady() && !skipped;
    if (!skipped) flush();
  }

  function flush(): void {
    clearTimeout(soon);
    soon = undefined;
    transport._flush();
  }

  function end(): void {
    session = undefined;
    attributes._renew();
    clearInterval(heartbeat);
    clearTimeout(soon);
    soon = undefined;
  }

  offline?.open((entries, lost) => {
    queue._restore(entries, lost);
    flush();
  });
  return {
    _sessionId: () => session?._id,
    _dropped: () => queue._dropped,
    _open() {
      session = openSession();
      session._clock._tick();
      heartbeat = setInterval(beat, heartbeatMs);
      record({ type: 'session_start' });
    },
    _close(reason) {
      record({ type: 'session_end', reason });
      end();
    },
    _record: record,
    _flush: flush,
    _beacon: transport._beacon,
    _stop() {
      end();
      transport._stop();
    },
  };
}
