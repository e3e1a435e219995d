// The player under observation: which adapter speaks for it, and what a new session learns of a player that is in the
// middle of something.

import type { Adapter, Attachment, Report, Sample } from './adapter.js';
import type { Attributes } from './generated.js';
import type { Guard } from './guard.js';
import type { Options } from './options.js';
import { pageHidden } from './page.js';

export interface Observation {
  /** Chooses the adapter. Throws when there is none. */
  _choose(player: unknown): void;
  /** Observes the chosen player for a new session and reports what it is doing. */
  _begin(restored: boolean): void;
  /** Observes nothing; the player stays chosen. */
  _detach(): void;
  /** Lets go of the player for good. */
  _release(): void;
  _sample(): Sample | undefined;
}

/** What the observation asks of the client. */
export interface ObservationHost {
  readonly _options: Options;
  readonly _guard: Guard;
  setAttributes(attributes: Attributes): void;
}

export function createObservation(host: ObservationHost, report: Report): Observation {
  const {
    _options: { adapters = [], attributes },
    _guard: { _safely: safely },
  } = host;
  let adapter: Adapter | undefined;
  let chosen: unknown;
  let attachment: Attachment | undefined;
  let forward: Report = report;

  function detach(): void {
    // Its last words are about the session before.
    forward = () => {};
    safely(() => attachment?.detach());
    attachment = undefined;
  }

  return {
    _choose(player) {
      const found = adapters.find((candidate) => candidate.handles(player));
      if (!found) {
        throw new TypeError(
          `OpenQoe: no adapter for this player in [${adapters.map(({ name }) => name)}]; see @openqoe/sdk/hlsjs`,
        );
      }
      adapter = found;
      chosen = player;
    },
    _begin(restored) {
      detach();
      const present: Parameters<Report>[] = [];
      forward = (...told) => present.push(told);
      safely(() => {
        attachment = adapter?.attach(chosen, (...told) => forward(...told));
        host.setAttributes({ player_version: attributes?.player_version ?? attachment?.playerVersion });
      });
      forward = report;
      // Playback that was under way before the session has no startup to measure. Passing through the background
      // makes the engine discard it, where `play_request` followed by `playing` would count as an instant start.
      const joined = restored || present.some(([{ type }]) => type === 'playing');
      if (joined) report({ type: 'visibility', hidden: true });
      for (const told of present) report(...told);
      if (joined && !pageHidden()) report({ type: 'visibility', hidden: false });
    },
    _detach: detach,
    _release() {
      adapter = undefined;
      detach();
    },
    _sample: () => safely(() => attachment?.sample()),
  };
}
