// What a heartbeat says about an HTML media element: media ahead of the playhead and frame counts.
// https://w3c.github.io/media-playback-quality/

import type { Sample } from '../core/adapter.js';

export function sampleElement(media: HTMLMediaElement): Sample {
  const quality = (media as HTMLVideoElement).getVideoPlaybackQuality?.();
  return {
    buffer_ms: Math.max(0, bufferAhead(media)),
    frames_decoded: quality?.totalVideoFrames,
    frames_dropped: quality?.droppedVideoFrames,
  };
}

/** Ms of media ahead of the playhead; negative where it has run past what is buffered, 0 where nothing is. */
export function bufferAhead({ buffered, currentTime }: HTMLMediaElement): number {
  let ahead = 0;
  for (let i = 0; i < buffered.length && buffered.start(i) <= currentTime; i += 1) {
    ahead = (buffered.end(i) - currentTime) * 1_000;
  }
  return Math.round(ahead);
}
