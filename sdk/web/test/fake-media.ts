// A media element of which only the state and the events matter, driven by the steps of a vector.

import type { EventBody } from '../src/core/generated.js';

export interface State {
  paused: boolean;
  ended: boolean;
  seeking: boolean;
  readyState: number;
  currentTime: number;
  playbackRate: number;
  autoplay: boolean;
  /** Number of played ranges. */
  played: number;
  src: string | null;
  error: number | null;
  hasBeenActive: boolean;
  isActive: boolean;
}

export interface Step {
  event: string;
  set?: Partial<State>;
  expect: EventBody[];
}

const initial: State = {
  paused: true,
  ended: false,
  seeking: false,
  readyState: 0,
  currentTime: 0,
  playbackRate: 1,
  autoplay: false,
  played: 0,
  src: 'media',
  error: null,
  hasBeenActive: true,
  isActive: true,
};

export class FakeMedia extends EventTarget {
  state: State = { ...initial };
  listeners = 0;
  ranges: [number, number][] = [];
  frames: { totalVideoFrames: number; droppedVideoFrames: number } | undefined;

  constructor() {
    super();
    const names = [
      'paused',
      'ended',
      'seeking',
      'readyState',
      'currentTime',
      'playbackRate',
      'autoplay',
    ] as const;
    for (const name of names) Object.defineProperty(this, name, { get: () => this.state[name] });
  }

  get played() {
    return { length: this.state.played };
  }

  get error() {
    return this.state.error === null ? null : { code: this.state.error };
  }

  get buffered() {
    const { ranges } = this;
    return {
      length: ranges.length,
      start: (i: number) => ranges[i]?.[0],
      end: (i: number) => ranges[i]?.[1],
    };
  }

  getAttribute(name: string) {
    return name === 'src' ? this.state.src : null;
  }

  getVideoPlaybackQuality() {
    return this.frames;
  }

  canPlayType() {
    return 'maybe';
  }

  fire(event: string, change: Partial<State> = {}): void {
    Object.assign(this.state, change);
    this.dispatchEvent(new Event(event));
  }

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listeners += 1;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listeners -= 1;
    super.removeEventListener(...args);
  }

  asElement(): HTMLVideoElement {
    return this as unknown as HTMLVideoElement;
  }
}
