// From an event to the wire: stamps it with the open session, queues it with what is known then, and decides when the
// queue is sent. It knows nothing of what events mean: the engine in the gateway does.

import type { Report } from './adapter.js';
import { createAttributes } from './attributes.js';
import type { Attributes, EventBody, SessionEnd } from './generated.js';
import type { Guard } from './guard.js';
import type { Options } from './options.js';
import { createQueue } from './queue.js';
import { createSampler } from './sampler.js';
import { openSession, type Session } from './session.js';
import { createTransport } from './transport.js';
import { SDK_VERSION } from './version.js';

const QUEUE_BOUND = 2_000;
/** Long enough to make one batch of a burst, short enough for a live dashboard. */
const SOON_MS = 200;
/** What a dashboard should not have to wait a heartbeat for. */
const URGENT = /^(play|stall|error|ended|rendition)/;
const EXPENDABLE = /^(heartbeat|download)$/;

export interface Reporter {
  readonly sessionId: string | undefined;
  readonly dropped: number;
  open(): void;
  close(reason: SessionEnd): void;
  /** Without an open session the event is nobody's and is ignored. */
  record: Report;
  describe(attributes: Attributes): void;
  flush(): void;
  beacon(): void;
}

/** In the URL: beacons cannot set headers, and without one `fetch` needs no CORS preflight either. */
function withKey(endpoint: string, key: string | undefined): string {
  return key ? `${endpoint}${endpoint.includes('?') ? '&' : '?'}key=${encodeURIComponent(key)}` : endpoint;
}

export function createReporter({ endpoint, key, fetch }: Options, { warn, safely }: Guard): Reporter {
  const queue = createQueue(QUEUE_BOUND, () => warn('the queue is full; events are being dropped'));
  const sampler = createSampler();
  const transport = createTransport({
    endpoint: withKey(endpoint, key),
    fetch,
    queue,
    warn,
    heed: sampler.heed,
  });
  const attributes = createAttributes({ sdk_version: SDK_VERSION });
  let session: Session | undefined;
  let soon: ReturnType<typeof setTimeout> | undefined;

  function record(event: EventBody, at?: number): void {
    const owner = session;
    if (!owner) return;
    safely(() => {
      const sampled = sampler.admit(event);
      if (!sampled) return;
      const text = owner.stamp(sampled, at);
      const expendable = EXPENDABLE.test(event.type);
      queue.push({ session: owner, attributes: attributes.current, event: text, expendable });
    });
    if (URGENT.test(event.type)) soon ??= setTimeout(flush, SOON_MS);
  }

  function cancelSoon(): void {
    clearTimeout(soon);
    soon = undefined;
  }

  function flush(): void {
    cancelSoon();
    transport.flush();
  }

  return {
    get sessionId() {
      return session?.id;
    },
    get dropped() {
      return queue.dropped;
    },
    open() {
      session = openSession();
      record({ type: 'session_start' });
    },
    close(reason) {
      record({ type: 'session_end', reason });
      session = undefined;
      attributes.renew();
      cancelSoon();
    },
    record,
    describe: (values) => safely(() => attributes.merge(values)),
    flush,
    beacon: transport.beacon,
  };
}
