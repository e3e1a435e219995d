// The other side of the wire for tests: a gateway that answers as told, and a browser page with a life to end.

import { vi } from 'vitest';

export interface SentEvent {
  seq: number;
  t: number;
  type: string;
  [field: string]: unknown;
}

export interface Batch {
  spec_version: string;
  sent_at: number;
  session: { session_id: string; started_at: number; attributes: Record<string, unknown> };
  events: SentEvent[];
}

type Answer = Response | Error | Promise<Response>;

export class Gateway {
  readonly batches: Batch[] = [];
  readonly requests: RequestInit[] = [];
  inFlight = 0;
  mostInFlight = 0;
  /** Answers in order; afterwards everything is accepted. */
  answers: Answer[] = [];

  readonly fetch = vi.fn(async (_url: unknown, init?: RequestInit): Promise<Response> => {
    this.requests.push(init ?? {});
    this.batches.push(JSON.parse(String(init?.body)));
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      const answer = await Promise.race([
        this.answers.shift() ?? Response.json({ accepted: 1 }),
        aborted(init?.signal),
      ]);
      if (answer instanceof Error) throw answer;
      return answer;
    } finally {
      this.inFlight -= 1;
    }
  });

  get events(): SentEvent[] {
    return this.batches.flatMap((batch) => batch.events);
  }

  get types(): string[] {
    return this.events.map((event) => event.type);
  }
}

function aborted(signal: AbortSignal | null | undefined): Promise<Error> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(new Error('aborted')));
  });
}

export class FakePage {
  readonly window = new EventTarget();
  readonly document = Object.assign(new EventTarget(), { hidden: false });
  readonly beacons: string[] = [];
  readonly sendBeacon = vi.fn((_url: string, body: string) => {
    this.beacons.push(body);
    return true;
  });

  install(): this {
    vi.stubGlobal('window', this.window);
    vi.stubGlobal('document', this.document);
    vi.stubGlobal('navigator', { sendBeacon: this.sendBeacon, onLine: true });
    return this;
  }

  show(visibilityState: 'visible' | 'hidden'): void {
    this.document.hidden = visibilityState === 'hidden';
    this.document.dispatchEvent(new Event('visibilitychange'));
  }

  transition(type: 'pagehide' | 'pageshow', persisted: boolean): void {
    this.window.dispatchEvent(Object.assign(new Event(type), { persisted }));
  }

  get beaconed(): Batch[] {
    return this.beacons.map((body) => JSON.parse(body));
  }
}
