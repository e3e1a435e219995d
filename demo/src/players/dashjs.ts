// dash.js.

import { dashjs as adapter } from '@openqoe/sdk/dashjs';
import { MediaPlayer } from 'dashjs';
import type { CmcdTarget, CreatePlayer } from '../player.js';
import { driveElement } from './element.js';

export const create: CreatePlayer = (video, on, cmcd) => {
  const dash = MediaPlayer().create();
  dash.updateSettings({
    streaming: {
      ...(cmcd && { cmcd: ownReports(cmcd) }),
      // It stops a segment short of these.
      buffer: {
        bufferTimeDefault: 7,
        bufferTimeAtTopQuality: 7,
        bufferTimeAtTopQualityLongForm: 7,
        bufferToKeep: 10,
      },
    },
  });
  dash.initialize(video, undefined, false);
  dash.on(MediaPlayer.events.ERROR, ({ error }) => {
    if (typeof error === 'string') on.error(error, true);
    else on.error(`${error.code} ${error.message}`, true);
  });
  return {
    ...driveElement(video),
    instance: dash,
    adapter,
    load: (url, start) => dash.attachSource(url, start),
    seek: (seconds) => dash.seek(seconds),
    setRate: (rate) => dash.setPlaybackRate(rate),
    bitrateOf(height) {
      const shown = dash.getRepresentationsByType('video').find((video) => video.height === height);
      const audio = dash.getCurrentRepresentationForType('audio');
      return shown ? shown.bandwidth + (audio?.bandwidth ?? 0) : null;
    },
  };
};

const KEYS = 'bg bl br bs cid dfa e ec ltc msd ot pb pr rc sf sid sn st sta su ts ttfb ttlb url v'.split(' ');

function ownReports({ url, sessionId, contentId, events, interval }: CmcdTarget) {
  // Unlike hls.js it sends no key that is not asked for.
  const enabledKeys = [...KEYS];
  const target = { enabled: true, url, events, interval, enabledKeys, includeInRequests: ['segment', 'mpd'] };
  return { enabled: true, version: 2, sid: sessionId, cid: contentId, eventTargets: [target] };
}
