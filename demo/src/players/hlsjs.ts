// hls.js.

import { hlsjs as adapter } from '@openqoe/sdk/hlsjs';
import Hls from 'hls.js';
import type { CreatePlayer } from '../player.js';
import { driveElement } from './element.js';

export const create: CreatePlayer = (video, on) => {
  const hls = new Hls({ maxBufferLength: 5, maxMaxBufferLength: 6, backBufferLength: 10 });
  hls.on(Hls.Events.ERROR, (_, { details, fatal }) => on.error(details, fatal));
  return {
    ...driveElement(video),
    instance: hls,
    adapter,
    load(url, start) {
      hls.config.startPosition = start ?? -1;
      hls.loadSource(url);
      if (!hls.media) hls.attachMedia(video);
    },
    bitrateOf: (height) => hls.levels.find((level) => level.height === height)?.bitrate ?? null,
  };
};
