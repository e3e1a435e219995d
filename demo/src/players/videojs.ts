// video.js with its HLS engine (VHS). The element keeps its own controls, so that none of video.js' style is needed.

import { videojs as adapter } from '@openqoe/sdk/videojs';
import videojs from 'video.js';
import type { CreatePlayer } from '../player.js';

/** What VHS adds, which the package does not declare. */
interface Vhs {
  xhr: { onRequest(change: (options: object) => object): void };
  playlists: {
    main: { playlists: { attributes: { BANDWIDTH: number; RESOLUTION?: { height: number } } }[] };
  };
}

export const create: CreatePlayer = (video, on) => {
  Object.assign((videojs as unknown as { Vhs: object }).Vhs, {
    GOAL_BUFFER_LENGTH: 5,
    MAX_GOAL_BUFFER_LENGTH: 6,
    // It goes up only with more than this in the buffer.
    MAX_BUFFER_LOW_WATER_LINE: 4,
  });
  const player = videojs(video, {
    children: ['mediaLoader'],
    html5: {
      vhs: {
        overrideNative: true,
        // Without these it believes the browser's guess of the bandwidth and not what it measures, and never gives up on
        // what is not there.
        useNetworkInformationApi: false,
        limitRenditionByPlayerDimensions: false,
        maxPlaylistRetries: 3,
      },
      nativeAudioTracks: false,
      nativeVideoTracks: false,
    },
  });
  // An audio segment that took longer than VHS gives it is never asked for again.
  player.on('xhr-hooks-ready', () => tech().vhs?.xhr.onRequest((options) => ({ ...options, timeout: 0 })));
  player.on('error', () => {
    const error = player.error();
    if (error) on.error(`${error.code} ${error.message}`, true);
  });
  const tech = () =>
    player.tech({ IWillNotUseThisInPlugins: true }) as unknown as { el(): HTMLVideoElement; vhs?: Vhs };
  return {
    instance: player,
    adapter,
    get video() {
      return tech().el();
    },
    load(url, start) {
      // The source before plays on until the next one's manifest is there. It is nobody's by then.
      player.pause();
      player.preload('auto');
      player.src({ src: url, type: 'application/vnd.apple.mpegurl' });
      // Told any sooner, it shows the beginning first.
      if (start) player.one('loadedmetadata', () => player.currentTime(start));
    },
    play: () => Promise.resolve(player.play()),
    pause: () => player.pause(),
    seek: (seconds) => player.currentTime(seconds),
    setRate: (rate) => player.playbackRate(rate),
    bitrateOf(height) {
      const variants = tech().vhs?.playlists.main.playlists ?? [];
      const shown = variants.find(({ attributes }) => attributes.RESOLUTION?.height === height);
      return shown?.attributes.BANDWIDTH ?? null;
    },
  };
};
