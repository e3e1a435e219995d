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
  /** Only while it plays a stream. */
  vhs?: Vhs;
}
type Segment = TextTrackCue & { value: { bandwidth?: number; programDateTime?: number } };

/** A player of video.js. Renditions and downloads are known where it plays with VHS. */
export const videojs: Adapter<Player> = {
  name: 'video.js',
  handles(player): player is Player {
    return !!(player as Player | null)?.getCache;
  },
  attach(player, report) {
    let tech: Tech | undefined;
    let vhs: Vhs | undefined;
    let bitrate: number | undefined;
    let pressed = 0;
    /** Where the page told it to begin, which it forgets as it goes there. */
    let start = 0;
    /** The loader of which the next request is. */
    let loader = '';
    let letGo = () => {};
    let unwatch = () => {};

    // In a live stream it begins at the end.
    const startsAt = () => {
      const seekable = player.seekable();
      return start || (seekable.length && seekable.end(seekable.length - 1));
    };
    const tell: Report = (event, at) => {
      if (event.type === 'play_request') {
        report(event, pressed || at);
        pressed = 0;
        // The player tells what failed for good, once.
      } else if (event.type !== 'error' || !(event.fatal || player.error())) report(event, at);
    };
    function reportRendition(): void {
      const declared = segmentOf(player)?.value.bandwidth;
      // While it is paused another source may be on its way.
      if (!declared || declared === bitrate || player.paused()) return;
      bitrate = declared;
      report({ type: 'rendition', bitrate });
    }
    /** Another tech comes with another element; each source with a VHS of its own, or with none. */
    function look(): void {
      start = player.getCache().initTime;
      const now = player.tech(true) as unknown as Tech | undefined;
      if (now && now !== tech) {
        letGo();
        tech = now;
        letGo = observeElement(now.el(), tell, startsAt);
      }
      if (now?.vhs && now.vhs !== vhs) {
        unwatch();
        vhs = now.vhs;
        unwatch = watchRequests(vhs, tell, () => loader);
      }
    }
    // It holds `play` back until its source is ready; the element hears of it then. The viewer waits from here on, unless the
    // browser forbids it.
    const stepBack = standBefore(player, 'play', () => {
      if (player.paused()) pressed = performance.now();
      return (played: Promise<unknown> | undefined) =>
        played?.catch(() => {
          pressed = 0;
        });
    });
    const listeners: Record<string, (event: never) => void> = {
      loadstart: look,
      'xhr-hooks-ready': look,
      timeupdate: reportRendition,
      segmentloadstart({ metadata }: { metadata: { segmentInfo: { type: string } } }) {
        loader = metadata.segmentInfo.type;
      },
      error() {
        const error = player.error();
        if (!error) return;
        // It may come before the element has heard of the press.
        if (pressed && tech) tell({ type: 'play_request', trigger: triggerOf(tech.el()) });
        report({ type: 'error', code: codeOf(error), fatal: true });
      },
    };
    for (const [event, listener] of Object.entries(listeners)) player.on(event, listener);
    look();
    reportRendition();

    return {
      playerVersion: Object.entries(player.version())[0]?.join(' '),
      sample() {
        const element = tech?.el();
        return element ? { ...sampleElement(element), ...latency(player, segmentOf(player)) } : {};
      },
      detach() {
        stepBack();
        unwatch();
        letGo();
        for (const [event, listener] of Object.entries(listeners)) player.off(event, listener);
      },
    };
  },
};

/** The segment on the screen: VHS keeps a track of what it has appended. */
function segmentOf(player: Player): Segment | undefined {
  const tracks = Array.from(player.textTracks() as unknown as ArrayLike<TextTrack>);
  const cues = tracks.find(({ label }) => label === 'segment-metadata')?.activeCues;
  return cues?.[cues.length - 1] as Segment | undefined;
}

function codeOf(error: NonNullable<ReturnType<Player['error']>>): string {
  const { errorTypes } = error.constructor as unknown as { errorTypes: string[] };
  const metadata = error.metadata as { errorType?: string } | null;
  return `${metadata?.errorType ?? errorTypes[error.code] ?? error.code}`;
}

function latency(player: Player, segment: Segment | undefined): Sample {
  const captured = segment?.value.programDateTime;
  if (!captured || Number.isFinite(player.duration())) return {};
  const ms = Math.round(Date.now() - captured - ((player.currentTime() ?? 0) - segment.startTime) * 1_000);
  // A viewer's clock that is behind the packager's would make it negative.
  return ms < 0 ? {} : { latency_ms: ms, latency_clock: 'program_date_time' };
}
