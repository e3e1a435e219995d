// The adapter for a plain <video> or <audio> element, native HLS included.

import type { Adapter } from '../core/adapter.js';
import { observeElement } from '../media/element.js';
import { sampleElement } from '../media/sample.js';

/** A `<video>` or `<audio>` element. It does not tell of renditions and downloads. */
export const html5: Adapter<HTMLMediaElement> = {
  name: 'html5',
  // Not `instanceof`: an element of another frame has another constructor.
  handles(player): player is HTMLMediaElement {
    return !!(player as HTMLMediaElement | null)?.canPlayType;
  },
  attach(media, report) {
    return {
      playerVersion: 'html5',
      sample: () => sampleElement(media),
      detach: observeElement(media, report),
    };
  },
};
