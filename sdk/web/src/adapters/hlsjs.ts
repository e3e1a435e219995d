// The adapter for hls.js. Only types are imported: the events' names come from the player itself.
// https://github.com/video-dev/hls.js/blob/master/docs/API.md#runtime-events

import type Hls from 'hls.js';
import type { ErrorData, Fragment, HlsListeners, LoaderStats } from 'hls.js';
import type { Adapter, Report, Sample } from '../core/adapter.js';
import type { DownloadKind } from '../core/generated.js';
import { observeElement } from '../media/element.js';
import { sampleElement } from '../media/sample.js';

/** An `Hls` of hls.js, before or after `attachMedia`. */
export const hlsjs: Adapter<Hls> = {
  name: 'hls.js',
  handles(player): player is Hls {
    const hls = player as Hls | null;
    return !!(hls?.loadSource && hls.attachMedia);
  },
  attach(hls, report) {
    const { Events, version } = hls.constructor as typeof Hls;
    const undo: (() => void)[] = [];
    let letGo = () => {};

    function on<E extends keyof HlsListeners>(event: E, listener: HlsListeners[E]): void {
      hls.on(event, listener);
      undo.push(() => hls.off(event, listener));
    }
    function observe(media: HTMLMediaElement): void {
      letGo();
      letGo = observeElement(media, report);
    }
    function reportRendition(index: number): void {
      const level = hls.levels[index];
      if (level) report({ type: 'rendition', bitrate: Math.round(level.bitrate) });
    }
    const playlist = (_: unknown, { stats }: { stats: LoaderStats }) => download(report, 'manifest', stats);

    if (hls.media) observe(hls.media);
    reportRendition(hls.currentLevel);
    on(Events.MEDIA_ATTACHING, (_, { media }) => observe(media));
    on(Events.MEDIA_DETACHING, () => letGo());
    // The level of the fragment under the playhead, not of the one being fetched (LEVEL_SWITCHING).
    on(Events.LEVEL_SWITCHED, (_, { level }) => reportRendition(level));
    on(Events.MANIFEST_LOADED, playlist);
    on(Events.LEVEL_LOADED, playlist);
    on(Events.AUDIO_TRACK_LOADED, playlist);
    on(Events.SUBTITLE_TRACK_LOADED, playlist);
    on(Events.FRAG_LOADED, (_, { frag, part }) => download(report, kindOf(frag), (part ?? frag).stats));
    on(Events.ERROR, (_, data) => {
      if (/Load(Err|Time)/.test(data.details))
        report({ type: 'download', kind: kindOfError(data), failed: true });
      report({ type: 'error', code: data.details, fatal: data.fatal });
    });

    return {
      playerVersion: `hls.js ${version}`,
      sample: () => (hls.media ? { ...sampleElement(hls.media), ...latency(hls) } : {}),
      detach() {
        letGo();
        for (const off of undo) off();
      },
    };
  },
};

function download(report: Report, kind: DownloadKind, { loaded, loading }: LoaderStats): void {
  // hls.js leaves 0 where it was told nothing.
  const since = (moment: number) => Math.max(0, Math.round(moment - loading.start));
  report({
    type: 'download',
    kind,
    bytes: loaded,
    ttfb_ms: since(loading.first),
    duration_ms: since(loading.end),
  });
}

function kindOf({ sn, type }: Fragment): DownloadKind {
  if (sn === 'initSegment') return 'init';
  return ({ main: 'video', audio: 'audio', subtitle: 'text' } as const)[type];
}

function kindOfError({ frag, details }: ErrorData): DownloadKind {
  if (/^frag/.test(details) && frag) return kindOf(frag);
  return /^key/.test(details) ? 'other' : 'manifest';
}

function latency(hls: Hls): Sample {
  const shown = hls.playingDate;
  const ms = Math.round(shown ? Date.now() - +shown : hls.latency * 1_000);
  // A viewer's clock that is behind the packager's would make it negative.
  if (!hls.latestLevelDetails?.live || ms < 0) return {};
  return { latency_ms: ms, latency_clock: shown ? 'program_date_time' : 'player' };
}
