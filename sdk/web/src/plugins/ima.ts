// @openqoe/sdk/ima: client-side ads of the Google IMA SDK. Translates what its AdsManager says by the public names of its
// events; nothing of that SDK is loaded or imported.
// https://developers.google.com/interactive-media-ads/docs/sdks/html5/client-side/reference/js/google.ima.AdEvent

import type { AdPosition, EventBody } from '../core/generated.js';
import type { Plugin, PluginContext } from '../core/plugin.js';

/** What is used of `google.ima.AdsManager`. */
export interface AdsManager {
  /** Called for each event of ads. */
  addEventListener(type: string, listener: (event: AdEvent) => void): void;
  /** Called when the plugin is undone. */
  removeEventListener(type: string, listener: (event: AdEvent) => void): void;
}

/** What is used of `google.ima.AdEvent` and `google.ima.AdErrorEvent`. */
export interface AdEvent {
  /** The time offset of its pod tells the position: 0 pre-roll, below 0 post-roll. */
  getAd?(): { getAdPodInfo(): { getTimeOffset(): number } } | null;
  /** Its code becomes that of `ad_error`. */
  getError?(): { getErrorCode(): number };
}

/** Reports breaks, ads, skips and errors of the Google IMA SDK. */
export function ima(adsManager: AdsManager): Plugin {
  return {
    name: 'ima',
    start: (context: PluginContext) => {
      const note = (event: EventBody) => context.note(event);
      // Content resumes more than once after some breaks, and not at all after a failure.
      let paused = false;

      function resume(): void {
        if (paused) note({ type: 'ad_break_end' });
        paused = false;
      }
      const begin = () => note({ type: 'ad_start' });
      const skip = () => note({ type: 'ad_end', result: 'skipped' });
      const listeners: Record<string, (event: AdEvent) => void> = {
        contentPauseRequested(event) {
          paused = true;
          note({ type: 'ad_break_start', position: positionOf(event) });
        },
        // The values of `AdEvent.Type` are not all what the names say; shims that stand in for the SDK use the names.
        start: begin,
        started: begin,
        complete: () => note({ type: 'ad_end', result: 'completed' }),
        skip,
        skipped: skip,
        adError(event) {
          note({ type: 'ad_error', code: `${event.getError?.().getErrorCode()}` });
          resume();
        },
        contentResumeRequested: resume,
        allAdsCompleted: resume,
      };
      const entries = Object.entries(listeners);
      for (const [type, listener] of entries) adsManager.addEventListener(type, listener);
      return () => {
        for (const [type, listener] of entries) adsManager.removeEventListener(type, listener);
      };
    },
  };
}

/** https://developers.google.com/interactive-media-ads/docs/sdks/html5/client-side/reference/js/google.ima.AdPodInfo */
function positionOf(event: AdEvent): AdPosition {
  const offset = event.getAd?.()?.getAdPodInfo().getTimeOffset() ?? 0;
  if (offset === 0) return 'pre';
  return offset < 0 ? 'post' : 'mid';
}
