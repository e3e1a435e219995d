// What a scenario is: how the page is opened, what is done to it, and what cannot be asked of which player.

import type { Stage } from './stage.ts';

export const PLAYERS = ['html5', 'hlsjs', 'dashjs', 'shaka', 'videojs'] as const;
export type Player = (typeof PLAYERS)[number];

export interface Scenario {
  name: string;
  /** One line for docs/accuracy.md. */
  about: string;
  /** More of the demo page's address, such as `preload=1`. */
  query?: string;
  /** Whether the browser lets a page start sound without a gesture; where not, seconds in which there is none. */
  autoplay?: { blocked: number };
  /** Players it makes no sense for, and why. */
  without?: Partial<Record<Player, string>>;
  /** Whether the same playback is also reported by an SDK that knows only the element. */
  twice?: boolean;
  /** How many sessions it is; one unless it says so. */
  sessions?: number;
  /** How the view has to end in the gateway's words. */
  ends: 'stopped' | 'finished' | 'error' | 'page_hide' | 'content_change';
  run(stage: Stage): Promise<void>;
}
