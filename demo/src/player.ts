// The players of the page. Each is fetched when it is asked for, keeps a buffer of five seconds, so that a fault is felt
// soon, and is driven as its own controls would drive it.

import type { Adapter } from '@openqoe/sdk';
import type { AssetName, PlayerName, Query } from './query.js';

export interface Player {
  /** The player's own object. */
  readonly instance: unknown;
  /** The SDK's adapter for it; undefined: the element's is the only one there is. */
  readonly adapter?: Adapter;
  /** The element on the screen. */
  readonly video: HTMLVideoElement;
  /** Hands over a source, at first or instead of the one before, and starts loading. */
  load(url: string, start: number | undefined): void;
  play(): Promise<void>;
  pause(): void;
  seek(seconds: number): void;
  setRate(rate: number): void;
  /** The declared bit/s of the rendition with frames of this height. */
  bitrateOf(height: number): number | null;
}

/** Where a player reports to by itself, as which session (CTA-5004-B, event mode). */
export interface CmcdTarget {
  url: string;
  sessionId: string;
  contentId: string;
  events: CmcdEvent[];
  /** Seconds between reports of where playback stands. */
  interval: number;
}

export type CmcdEvent = 'ps' | 'e' | 't' | 'rr' | 'bc' | 'pr';

export interface PlayerEvents {
  error(text: string, fatal: boolean): void;
}

/** What each file of `players/` has: makes its player in the page's element. */
export type CreatePlayer = (video: HTMLVideoElement, on: PlayerEvents, cmcd?: CmcdTarget) => Player;

const players: Record<PlayerName, { extension: string; fetch(): Promise<{ create: CreatePlayer }> }> = {
  hlsjs: { extension: 'm3u8', fetch: () => import('./players/hlsjs.js') },
  dashjs: { extension: 'mpd', fetch: () => import('./players/dashjs.js') },
  shaka: { extension: 'mpd', fetch: () => import('./players/shaka.js') },
  videojs: { extension: 'm3u8', fetch: () => import('./players/videojs.js') },
  html5: { extension: 'mp4', fetch: () => import('./players/html5.js') },
};

export async function fetchPlayer(
  name: PlayerName,
  video: HTMLVideoElement,
  on: PlayerEvents,
  cmcd?: CmcdTarget,
): Promise<Player> {
  const { create } = await players[name].fetch();
  return create(video, on, cmcd);
}

/** Where the asset is, for the player that was asked for. */
export function addressOf(asset: AssetName, { player, live, scope }: Query): string {
  const ladder = live ? 'live' : player === 'html5' ? 'progressive' : 'main';
  const file = `${asset === 'missing' ? 'missing' : ladder}.${players[player].extension}`;
  // dash.js wants it absolute.
  return new URL(`media/${scope}/${file}`, location.href).href;
}
