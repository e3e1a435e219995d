// Shaka Player.

import { shaka as adapter } from '@openqoe/sdk/shaka';
import shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';
import type { CreatePlayer } from '../player.js';
import { driveElement } from './element.js';

const names = new Map(Object.entries(shaka.util.Error.Code).map(([name, code]) => [code, name]));

export const create: CreatePlayer = (video, on) => {
  const player = new shaka.Player();
  player.configure({ streaming: { bufferingGoal: 5, bufferBehind: 10 } });
  const fail = ({ code }: shaka.util.Error, fatal = true) => on.error(`${code} ${names.get(code)}`, fatal);
  player.addEventListener('error', async (event) => {
    const { detail } = event as unknown as { detail: shaka.util.Error };
    // It says so right after this event if it goes on by itself, as it does on live streams.
    await Promise.resolve();
    // What it could not fetch while there was no network it fetches as soon as there is.
    const waits = detail.category === shaka.util.Error.Category.NETWORK && !navigator.onLine;
    fail(detail, detail.severity === shaka.util.Error.Severity.CRITICAL && !waits);
  });
  const attached = player.attach(video);
  let used = false;
  let letGo: Promise<unknown> | undefined;
  return {
    ...driveElement(video),
    instance: player,
    adapter,
    load(url, start) {
      if (used) {
        // It lets go of a source in its own time. What is shown until then is nobody's.
        video.pause();
        letGo = player.unload();
      }
      used = true;
      (letGo ?? attached).then(() => player.load(url, start)).catch((error) => fail(error));
    },
    // Letting go pauses the element: what is asked for before that is lost.
    play: () => letGo?.then(() => video.play()) ?? video.play(),
    bitrateOf(height) {
      const track = player.getVariantTracks().find((track) => track.height === height);
      return track ? track.bandwidth : null;
    },
  };
};
