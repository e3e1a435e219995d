// What an HTML media element of an hour's film says of itself, without one. Events are real, so that they carry the time of
// the page's clock.

const FRAMES_PER_MS = 0.025;

export class Element extends EventTarget {
  paused = true;
  autoplay = false;
  seeking = false;
  ended = false;
  readyState = 0;
  playbackRate = 1;
  error = null;
  played = { length: 0 };
  /** How far beyond the playhead media is there, seconds. */
  private ahead = 0;
  private since = 0;

  get currentTime(): number {
    return this.paused ? 0 : (performance.now() - this.since) / 1_000;
  }

  get buffered() {
    const end = this.currentTime + this.ahead;
    return { length: 1, start: () => 0, end: () => end };
  }

  getVideoPlaybackQuality() {
    const totalVideoFrames = Math.round(this.currentTime * 1_000 * FRAMES_PER_MS);
    return { totalVideoFrames, droppedVideoFrames: Math.floor(totalVideoFrames / 3_000) };
  }

  getAttribute(): string {
    return 'blob:';
  }

  say(type: string): void {
    this.dispatchEvent(new Event(type));
  }

  start(): void {
    this.since = performance.now();
    this.paused = false;
    this.say('play');
    this.say('waiting');
  }

  stall(): void {
    this.ahead = 0;
    this.readyState = 2;
    this.say('waiting');
  }

  resume(): void {
    // Not the same each time: figures that never change would compress too well.
    this.ahead = 12 + Math.random() * 6;
    this.readyState = 4;
    this.say('playing');
    this.say('timeupdate');
  }

  /** The playhead moved on. */
  advance(): void {
    if (this.ahead > 0) this.ahead = 12 + Math.random() * 18;
    this.say('timeupdate');
  }
}
