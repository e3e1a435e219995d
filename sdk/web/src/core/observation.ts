// The player under observation: which adapter speaks for it, and what a new session learns of a player that is in the
// middle of something.

import type { Adapter, Attachment, Report, Sample } from './adapter.js';
import type { Guard } from './guard.js';
import { pageHidden } from './page.js';

export interface Observation {
  /** Chooses the adapter. Throws when there is none. */
  choose(player: unknown): void;
  /** Observes the chosen player for a new session and reports what it is doing. */
  begin(restored: boolean): void;
  /** Lets go of the player for good. */
  release(): void;
  sample(): Sample;
}

export interface ObservationOptions {
  adapters: readonly Adapter[] | undefined;
  report: Report;
  onVersion: (playerVersion: string | undefined) => void;
  guard: Guard;
}

export function createObservation({
  adapters = [],
  report,
  onVersion,
  guard,
}: ObservationOptions): Observation {
  let chosen: { adapter: Adapter; player: unknown } | undefined;
  let attachment: Attachment | undefined;
  let forward: Report = report;

  function detach(): void {
    // Its last words are about the session before.
    forward = () => {};
    guard.safely(() => attachment?.detach());
    attachment = undefined;
  }

  return {
    choose(player) {
      const adapter = adapters.find((candidate) => candidate.handles(player));
      if (adapter) {
        chosen = { adapter, player };
        return;
      }
      const given = adapters.map(({ name }) => name).join(', ') || 'none';
      throw new TypeError(
        `OpenQoe: no adapter for this player (given: ${given}). Import one, such as { hlsjs } from ` +
          `'@openqoe/sdk/hlsjs' or { html5 } from '@openqoe/sdk/html5', and pass it in { adapters: [...] }`,
      );
    },
    begin(restored) {
      detach();
      const present: Parameters<Report>[] = [];
      forward = (...told) => present.push(told);
      guard.safely(() => {
        attachment = chosen?.adapter.attach(chosen.player, (...told) => forward(...told));
        onVersion(attachment?.playerVersion);
      });
      forward = report;
      // Playback that was under way before the session has no startup to measure. Passing through the background
      // makes the engine discard it, where `play_request` followed by `playing` would count as an instant start.
      const joined = restored || present.some(([{ type }]) => type === 'playing');
      if (joined) report({ type: 'visibility', hidden: true });
      for (const told of present) report(...told);
      if (joined && !pageHidden()) report({ type: 'visibility', hidden: false });
    },
    release() {
      chosen = undefined;
      detach();
    },
    sample: () => guard.safely(() => attachment?.sample()) ?? {},
  };
}
