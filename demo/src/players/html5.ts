// The element alone, with one file.

import { html5 as adapter } from '@openqoe/sdk/html5';
import type { CreatePlayer } from '../player.js';
import { driveElement } from './element.js';

export const create: CreatePlayer = (video, on) => {
  video.addEventListener('error', () => on.error(video.error?.message || 'the media cannot be played', true));
  return {
    ...driveElement(video),
    instance: video,
    adapter,
    load(url, start) {
      video.preload = 'auto';
      video.src = url;
      // Set before anything is known of the media, it is where playback starts, and no seek.
      if (start) video.currentTime = start;
    },
    bitrateOf: () => null,
  };
};
