// A video.js of which only what its adapter asks and hears of is there.

import { FakeMedia } from './fake-media.js';

type Listener = (event: unknown) => void;
type Send = (options: { requestType: string }, then: () => void) => FakeRequest;

class FakeError {
  static readonly errorTypes = [
    'MEDIA_ERR_CUSTOM',
    'MEDIA_ERR_ABORTED',
    'MEDIA_ERR_NETWORK',
    'MEDIA_ERR_DECODE',
    'MEDIA_ERR_SRC_NOT_SUPPORTED',
    'MEDIA_ERR_ENCRYPTED',
  ];
  readonly metadata = null;
}

export class FakeTech {
  media = new FakeMedia();
  vhs: { xhr: Send } | undefined;
  el() {
    return this.media;
  }
}

export class FakePlayer {
  state = {
    paused: true,
    initTime: 0,
    duration: 60,
    currentTime: 0,
    seekable: [] as number[],
    cues: [] as unknown[],
    error: null as object | null,
  };
  listeners: [string, Listener][] = [];
  send: Send | undefined;
  private refused = false;

  constructor(private current: FakeTech | null = new FakeTech()) {}

  get media(): FakeMedia {
    return this.tech().media;
  }

  play = async (): Promise<void> => {
    if (this.refused) throw new Error('forbidden');
  };

  on(event: string, listener: Listener) {
    this.listeners.push([event, listener]);
  }
  off(event: string, listener: Listener) {
    this.listeners = this.listeners.filter(([e, l]) => e !== event || l !== listener);
  }
  trigger(name: string, data: object = {}) {
    for (const [event, listener] of this.listeners) if (event === name) listener({ type: name, ...data });
  }

  tech(): FakeTech {
    // False while there is none.
    return this.current || (false as unknown as FakeTech);
  }
  version = () => ({ 'video.js': '8.24.1' });
  getCache = () => this.state;
  paused = () => this.state.paused;
  duration = () => this.state.duration;
  currentTime = () => this.state.currentTime;
  error = () => this.state.error && Object.assign(new FakeError(), this.state.error);
  seekable() {
    const [start, end] = this.state.seekable;
    return { length: this.state.seekable.length / 2, start: () => start, end: () => end };
  }
  textTracks = () => ({
    0: { label: 'English' },
    1: { label: 'segment-metadata', activeCues: this.state.cues },
    length: 2,
  });

  refuse(): void {
    this.refused = true;
  }

  /** A source comes with a VHS that makes this request. */
  brings(request: FakeRequest): void {
    this.send = Object.assign(() => request, { onRequest: 'hook' });
    this.tech().vhs = { xhr: this.send };
    this.trigger('xhr-hooks-ready');
  }

  /** Another tech, with another element. */
  swap(tech: FakeTech): FakeMedia {
    this.current = tech;
    this.trigger('loadstart');
    return tech.media;
  }
}

export class FakeRequest extends EventTarget {
  readyState = 1;
  status = 0;
  aborted: boolean | undefined;
  timedout: boolean | undefined;

  heads(status: number): void {
    Object.assign(this, { readyState: 2, status });
    this.dispatchEvent(new Event('readystatechange'));
  }

  /** `then` is what becomes of it as it ends, `timedout` only after. */
  async ends(loaded: number, then: { status?: number; aborted?: boolean; timedout?: boolean } = {}) {
    const { timedout, ...before } = then;
    Object.assign(this, { readyState: 4 }, before);
    this.dispatchEvent(new Event('readystatechange'));
    this.dispatchEvent(Object.assign(new Event('loadend'), { loaded }));
    this.timedout = timedout;
    await Promise.resolve();
  }
}
