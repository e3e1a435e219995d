// What the players have in common that leave the controls to the element: they are driven through it.

import type { Player } from '../player.js';

export function driveElement(
  video: HTMLVideoElement,
): Pick<Player, 'video' | 'play' | 'pause' | 'seek' | 'setRate'> {
  return {
    video,
    play: () => video.play(),
    pause: () => video.pause(),
    seek(seconds) {
      video.currentTime = seconds;
    },
    setRate(rate) {
      video.playbackRate = rate;
    },
  };
}
