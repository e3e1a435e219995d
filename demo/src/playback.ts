// What a viewer, or a test in a viewer's place, does to the player. The page's truth is told of what no frame shows: when
// play was pressed, and that other content follows.

import type { OpenQoe } from '@openqoe/sdk';
import { addressOf, type Player } from './player.js';
import type { AssetName, Query } from './query.js';
import type { TruthWatch } from './truth.js';

export interface Playback {
  /** Hands over the source and starts loading, once. */
  load(): void;
  /** Presses play; loads first if nobody has. Settles as `video.play()` does. */
  play(): Promise<void>;
  pause(): void;
  seek(seconds: number): void;
  rate(rate: number): void;
  /**
   * The same player goes on to another source, and plays it unless it was paused. Truth begins anew. Returns the id of the
   * session that follows.
   */
  change(asset: AssetName): string;
}

export function createPlayback(player: Player, query: Query, qoe: OpenQoe, watch: TruthWatch): Playback {
  let loaded = false;
  let pressed = false;
  // Whether the viewer means it to play, which not even a failure changes.
  let wanted = false;

  const playback: Playback = {
    load() {
      if (loaded) return;
      loaded = true;
      player.load(addressOf(query.asset, query), query.start);
    },
    play() {
      const { video } = player;
      if (!pressed) video.muted = query.muted ?? query.autoplay;
      pressed = wanted = true;
      video.controls = true;
      watch.playCalled();
      playback.load();
      return player.play();
    },
    pause() {
      wanted = false;
      player.pause();
    },
    seek: player.seek,
    rate: player.setRate,
    change(asset) {
      loaded = true;
      watch.restart();
      player.load(addressOf(asset, query), undefined);
      const session = qoe.newAsset({ assetId: assetIdOf(asset, query) });
      // The player tells why it does not play.
      if (wanted) playback.play().catch(() => {});
      return session;
    },
  };
  return playback;
}

export function assetIdOf(asset: AssetName, { player, live }: Query): string {
  if (asset === 'missing') return 'demo-missing';
  if (live) return 'demo-live';
  return player === 'html5' ? 'demo-progressive' : 'demo-ladder';
}
