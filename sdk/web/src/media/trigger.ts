// Who asked for playback. `autoplay` while nobody has touched the page, or when the element starts by itself and no
// gesture is recent; everything else follows something the viewer did.
// https://html.spec.whatwg.org/multipage/interaction.html#tracking-user-activation

import type { Trigger } from '../core/generated.js';

export function triggerOf(media: HTMLMediaElement): Trigger {
  const activation = globalThis.navigator?.userActivation;
  if (activation && !activation.hasBeenActive) return 'autoplay';
  const byItself = media.autoplay && !media.played.length && !activation?.isActive;
  return byItself ? 'autoplay' : 'user';
}
