// The adapter for video.js, with or without VHS, its engine for HLS and DASH. Only types are imported.
// https://docs.videojs.com/player

import type Player from 'video.js/dist/types/player';
import type { Adapter, Report, Sample } from '../core/adapter.js';
import { observeElement } from '../media/element.js';
import { sampleElement } from '../media/sample.js';
import { triggerOf } from '../media/trigger.js';
import { standBefore } from './videojs/stand-before.js';
import { type Vhs, watchRequests } from './videojs/vhs.js';

/** What is used of what the package does not declare. */
interface Tech {
  el(): HTMLVideoElement;
  on(types: string[], listener: (event: { type: string }) => void): void;
  off(types: string[], listener: (event: { type: string }) => void): void;
  /** Only while it plays a stream. */
  vhs?: Vhs;
}
type Segment = TextTrackCue & { value: { bandwidth?: number; programDateTime?: number } };

/** VHS leaves a playlist alone for a while, or tries the only one there is again. */
const RETRIES = ['excludeplaylist', 'retryplaylist'];

export const videojs: Adapter<Player> = {
  name: 'video.js',
  handles(player): player is Player {
    const known = player as Player | null;
    return !!(known?.tech && known.textTracks);
  },
  attach(player, report) {
    let tech: Tech | undefined;
    let vhs: Vhs | undefined;
    let track: TextTrack | undefined;
    let bitrate: number | undefined;
    /** The loader of which the next request is. */
    let loader = '';
    let letGo = () => {};
    let unwatch = () => {};

    const retried = ({ type }: { type: string }) => report({ type: 'error', code: type, fatal: false });
    // In a live stream it begins at the end.
    const startsAt = () => {
      const seekable = player.seekable();
      return player.getCache().initTime || (seekable.length && seekable.end(seekable.length - 1));
    };
    function reportRendition(): void {
      const declared = segmentAt(track)?.value.bandwidth;
      // While it is paused another source may be on its way.
      if (!declared || declared === bitrate || player.paused()) return;
      bitrate = declared;
      report({ type: 'rendition', bitrate });
    }
    /** Another tech comes with another element; each source with a VHS and a track of its own, or with none. */
    function look(): void {
      const now = player.tech(true) as unknown as Tech | undefined;
      if (now && now !== tech) {
        letGo();
        tech = now;
        // A failure of the element's is told by the player as well.
        const judged: Report = (event, at) => event.type === 'error' || report(event, at);
        const stop = observeElement(now.el(), judged, startsAt);
        now.on(RETRIES, retried);
        letGo = () => {
          stop();
          now.off(RETRIES, retried);
        };
      }
      if (now?.vhs && now.vhs !== vhs) {
        unwatch();
        vhs = now.vhs;
        unwatch = watchRequests(vhs, report, () => loader);
      }
      const tracks = Array.from(player.textTracks() as unknown as ArrayLike<TextTrack>);
      const segments = tracks.find(({ label }) => label === 'segment-metadata');
      if (segments !== track) segments?.addEventListener('cuechange', reportRendition);
      track = segments;
    }
    // It holds `play` back until its source is ready. The viewer waits from here on.
    const stepBack = standBefore(player, 'play', () => {
      const element = (tech ?? player).el() as HTMLMediaElement;
      if (player.paused()) report({ type: 'play_request', trigger: triggerOf(element) });
      return (played: Promise<unknown> | undefined) =>
        played?.catch(({ name }: Error) => {
          // The browser forbids it.
          if (name === 'NotAllowedError') report({ type: 'pause' });
        });
    });
    const listeners: Record<string, (event: never) => void> = {
      loadstart: look,
      'xhr-hooks-ready': look,
      playing: reportRendition,
      segmentloadstart({ metadata }: { metadata: { segmentInfo: { type: string } } }) {
        loader = metadata.segmentInfo.type;
      },
      error() {
        const error = player.error();
        if (error) report({ type: 'error', code: codeOf(error), fatal: true });
      },
    };
    for (const [event, listener] of Object.entries(listeners)) player.on(event, listener);
    look();
    reportRendition();

    return {
      playerVersion: `video.js ${Object.values(player.version())[0]}`,
      sample() {
        const element = tech?.el();
        return element ? { ...sampleElement(element), ...latency(player, segmentAt(track)) } : {};
      },
      detach() {
        stepBack();
        unwatch();
        letGo();
        track?.removeEventListener('cuechange', reportRendition);
        for (const [event, listener] of Object.entries(listeners)) player.off(event, listener);
      },
    };
  },
};

/** The segment under the playhead. */
function segmentAt(track: TextTrack | undefined): Segment | undefined {
  const cues = track?.activeCues;
  return cues?.[cues.length - 1] as Segment | undefined;
}

function codeOf(error: NonNullable<ReturnType<Player['error']>>): string {
  const { errorTypes } = error.constructor as unknown as { errorTypes: string[] };
  const metadata = error.metadata as { errorType?: string } | null;
  return metadata?.errorType ?? errorTypes[error.code] ?? `${error.code}`;
}

function latency(player: Player, segment: Segment | undefined): Sample {
  const captured = segment?.value.programDateTime;
  if (!captured || player.duration() !== Number.POSITIVE_INFINITY) return {};
  const ms = Math.round(Date.now() - captured - ((player.currentTime() ?? 0) - segment.startTime) * 1_000);
  // A viewer's clock that is behind the packager's would make it negative.
  return ms < 0 ? {} : { latency_ms: ms, latency_clock: 'program_date_time' };
}
