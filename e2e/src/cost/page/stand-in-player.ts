// The interface of hls.js the SDK goes by, with the names of its events and the shapes of its data.
// https://github.com/video-dev/hls.js/blob/master/docs/API.md#runtime-events

import type { Element } from './stand-in-element.ts';

type Listener = (event: string, data: object) => void;

const LEVELS = [800_000, 1_600_000, 3_200_000, 6_000_000];
const AUDIO_BITRATE = 128_000;

export class Player {
  static version = '1.7.4';
  static Events = {
    MEDIA_ATTACHING: 'hlsMediaAttaching',
    MEDIA_DETACHING: 'hlsMediaDetaching',
    LEVEL_SWITCHED: 'hlsLevelSwitched',
    MANIFEST_LOADED: 'hlsManifestLoaded',
    LEVEL_LOADED: 'hlsLevelLoaded',
    AUDIO_TRACK_LOADED: 'hlsAudioTrackLoaded',
    SUBTITLE_TRACK_LOADED: 'hlsSubtitleTrackLoaded',
    FRAG_LOADED: 'hlsFragLoaded',
    ERROR: 'hlsError',
  };
  readonly levels = LEVELS.map((bitrate) => ({ bitrate }));
  readonly latestLevelDetails = { live: false };
  readonly playingDate = null;
  readonly latency = 0;
  currentLevel = -1;
  private sn = 0;
  private readonly listeners = new Map<string, Set<Listener>>();

  constructor(
    readonly media: Element,
    private readonly segmentSeconds: number,
  ) {}

  loadSource(): void {}
  attachMedia(): void {}

  on(event: string, listener: Listener): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }

  off(event: string, listener: Listener): void {
    this.listeners.get(event)?.delete(listener);
  }

  loadManifest(): void {
    const { MANIFEST_LOADED, LEVEL_LOADED, AUDIO_TRACK_LOADED } = Player.Events;
    for (const event of [MANIFEST_LOADED, LEVEL_LOADED, AUDIO_TRACK_LOADED]) {
      this.say(event, { stats: transfer(1_500) });
    }
    for (const type of ['main', 'audio']) this.load(type, 'initSegment', 800);
  }

  /** A segment of video and one of audio. */
  loadSegment(): void {
    const bitrate = this.levels[Math.max(0, this.currentLevel)]?.bitrate ?? 0;
    this.sn += 1;
    this.load('main', this.sn, (bitrate / 8) * this.segmentSeconds);
    this.load('audio', this.sn, (AUDIO_BITRATE / 8) * this.segmentSeconds);
    this.media.advance();
  }

  /** The playhead reaches the next rendition, whose playlist was fetched before. */
  switchLevel(): void {
    if (this.currentLevel >= 0) this.say(Player.Events.LEVEL_LOADED, { stats: transfer(9_000) });
    this.currentLevel = (this.currentLevel + 1) % LEVELS.length;
    this.say(Player.Events.LEVEL_SWITCHED, { level: this.currentLevel });
  }

  private load(type: string, sn: number | 'initSegment', bytes: number): void {
    const frag = { sn, type, stats: transfer(bytes) };
    this.say(Player.Events.FRAG_LOADED, { frag, part: null });
  }

  private say(event: string, data: object): void {
    for (const listener of this.listeners.get(event) ?? []) listener(event, data);
  }
}

/** About so many bytes, fetched just now; sizes and times vary as they do, and digits that vary do not compress. */
function transfer(bytes: number) {
  const end = performance.now();
  const start = end - 80 - Math.random() * 400;
  return {
    loaded: Math.round(bytes * (0.7 + 0.6 * Math.random())),
    loading: { start, first: start + 20 + Math.random() * 40, end },
  };
}
