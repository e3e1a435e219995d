// @openqoe/sdk/drm: how long the viewer waited for a key. The time of a licence request itself cannot be had by listening:
// the media element does not tell which key sessions it has, and patching the browser's objects is not done to a host
// page. Listening does tell when playback was held up by a missing key, and when it went on.
// https://w3c.github.io/encrypted-media/#dom-evt-waitingforkey

import type { Plugin } from '../core/plugin.js';
import { listen } from '../media/listen.js';

/** Reports each wait of `media` for a key as custom event `drm_key_wait_seconds`. The time of the licence request is not known. */
export function drm(media: HTMLMediaElement): Plugin {
  return {
    name: 'drm',
    start(context) {
      let since: number | undefined;
      return listen(media, {
        waitingforkey(at) {
          since ??= at;
        },
        // The key is there: data can be decoded again.
        canplay(at) {
          if (since !== undefined) context.noteCustom('drm_key_wait_seconds', (at - since) / 1_000);
          since = undefined;
        },
        emptied() {
          since = undefined;
        },
      });
    },
  };
}
