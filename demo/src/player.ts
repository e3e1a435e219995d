// The two players of the page. hls.js keeps a small buffer, so that a fault is felt within seconds.

import Hls from 'hls.js';
import type { PlayerName } from './query.js';

export interface Player {
  /** What the SDK attaches to. */
  handle: unknown;
  /** Starts loading. Called once, with the first `play()`. */
  load(): void;
  /** The declared bit/s of the rendition with frames of this height. */
  bitrateOf(height: number): number | null;
}

export interface PlayerEvents {
  error(text: string, fatal: boolean): void;
}

export function createPlayer(
  name: PlayerName,
  video: HTMLVideoElement,
  scope: string,
  on: PlayerEvents,
): Player {
  return name === 'html5' ? html5(video, scope, on) : hlsjs(video, scope, on);
}

function html5(video: HTMLVideoElement, scope: string, on: PlayerEvents): Player {
  video.addEventListener('error', () => on.error(video.error?.message || 'the media cannot be played', true));
  return {
    handle: video,
    load() {
      video.src = `media/${scope}/progressive.mp4`;
    },
    bitrateOf: () => null,
  };
}

function hlsjs(video: HTMLVideoElement, scope: string, on: PlayerEvents): Player {
  const hls = new Hls({ maxBufferLength: 5, maxMaxBufferLength: 6, backBufferLength: 10 });
  hls.on(Hls.Events.ERROR, (_, { details, fatal }) => on.error(details, fatal));
  return {
    handle: hls,
    load() {
      hls.loadSource(`media/${scope}/main.m3u8`);
      hls.attachMedia(video);
    },
    bitrateOf: (height) => hls.levels.find((level) => level.height === height)?.bitrate ?? null,
  };
}
