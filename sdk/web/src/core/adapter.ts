// The contract between the core and a player: an adapter translates what the player says into events and nothing
// else. What the events mean is decided by the engine in the gateway, so that every player is measured alike.

import type { EventBody } from './generated.js';

/** What a heartbeat carries: the optional fields of the `heartbeat` event. */
export type Sample = Omit<Extract<EventBody, { type: 'heartbeat' }>, 'type'>;

/**
 * Takes one event, and when it happened on the clock of `performance.now()` if that is not right now. Safe to call at any
 * time; never throws.
 */
export type Report = (event: EventBody, at?: number) => void;

/** One player under observation. */
export interface Attachment {
  /** Player and version for `player_version`, such as `hls.js 1.7.4`. */
  playerVersion?: string;
  /** The figures of the next heartbeat, as the player knows them now. */
  sample(): Sample;
  /** Stops observing and removes every listener. */
  detach(): void;
}

/** Speaks for one kind of player. */
export interface Adapter<P = unknown> {
  /** Used in messages to the developer. */
  name: string;
  /** Whether this is the adapter for `player`. Must not throw, whatever it is given. */
  handles(player: unknown): player is P;
  /** Starts observing. What the player is already doing is reported before this returns. */
  attach(player: P, report: Report): Attachment;
}
