// What a heartbeat says about an HTML media element: media ahead of the playhead and frame counts.
// https://w3c.github.io/media-playback-quality/

import type { Sample } from '../core/adapter.js';

export function sampleElement(media: HTMLMediaElement): Sample {
  const quality = (media as HTMLVideoElement).getVideoPlaybackQuality?.();
  return {
    buffer_ms: bufferAhead(media),
    frames_decoded: quality?.totalVideoFrames,
    frames_dropped: quality?.droppedVideoFrames,
  };
}

function bufferAhead({ buffered, currentTime }: HTMLMediaElement): number {
  for (let i = 0; i < buffered.length; i += 1) {
    if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) {
      return Math.round((buffered.end(i) - currentTime) * 1_000);
    }
  }
  return 0;
}
