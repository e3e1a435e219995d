// hls.js.

import { hlsjs as adapter } from '@openqoe/sdk/hlsjs';
import Hls, { type CMCDControllerConfig } from 'hls.js';
import type { CmcdTarget, CreatePlayer } from '../player.js';
import { driveElement } from './element.js';

export const create: CreatePlayer = (video, on, cmcd) => {
  const hls = new Hls({
    maxBufferLength: 5,
    maxMaxBufferLength: 6,
    backBufferLength: 10,
    ...(cmcd && { cmcd: ownReports(cmcd) }),
  });
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

function ownReports({ url, sessionId, contentId, events, interval }: CmcdTarget): CMCDControllerConfig {
  return { version: 2, sessionId, contentId, eventTargets: [{ url, events, interval }] };
}
