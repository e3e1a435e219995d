// The adapter for dash.js. Only types are imported; events go by the names the player gives them.
// https://cdn.dashjs.org/latest/jsdoc/MediaPlayerEvents.html

import type { HTTPRequest, MediaPlayerClass, Representation } from 'dashjs';
import type { Adapter, Report, Sample } from '../core/adapter.js';
import type { DownloadKind } from '../core/generated.js';
import { observeElement } from '../media/element.js';
import { listen } from '../media/listen.js';
import { sampleElement } from '../media/sample.js';

/** XLink, time synchronisation, removal from a buffer, subtitles: playback goes on without. */
const HARMLESS = [12, 16, 18, 21, 29, 33];
/** Not understood, or not found: a live stream plays on with the manifest before. */
const OF_MANIFEST = [10, 25];
/** A segment or init section not found after all retries: another base URL may have it. */
const OF_SEGMENT = [27, 28];
/** So far apart the clocks put one request. */
const SAME_MS = 50;

interface Events {
  error: { error: { code: number; data?: { request?: { mediaType?: string } } } };
  manifestLoadingStarted: object;
  metricAdded: { metric: string; value: object };
  qualityChangeRendered: {
    mediaType: string;
    oldRepresentation: Representation | null;
    newRepresentation: Representation;
  };
  streamInitializing: object;
  urlResolutionFailed: object;
}

/** A `MediaPlayer` of dash.js, initialised or not. */
export const dashjs: Adapter<MediaPlayerClass> = {
  name: 'dash.js',
  handles(player): player is MediaPlayerClass {
    const dash = player as Partial<MediaPlayerClass> | null;
    return !!(dash?.attachSource && dash.attachView);
  },
  attach(dash, report) {
    const undo: (() => void)[] = [];
    let media: HTMLVideoElement | undefined;
    let begun = false;
    const letGo: (() => void)[] = [];

    function on<E extends keyof Events>(event: E, listener: (data: Events[E]) => unknown): void {
      dash.on(event as never, listener as never);
      undo.push(() => dash.off(event as never, listener as never));
    }
    function observe(): void {
      const view = ask(() => dash.getVideoElement());
      if (view === media) return;
      for (const stop of letGo.splice(0)) stop();
      media = view;
      // Before the first frame it is the size of what comes, not of what is seen.
      const resize = () => begun && tell(shown());
      if (view) letGo.push(observeElement(view, report), listen(view, { resize }));
    }
    // Of those as large as the picture `likely`, or the one being fetched.
    function shown(likely = ask(() => dash.getCurrentRepresentationForType('video'))) {
      const all = ask(() => dash.getRepresentationsByType('video')) ?? [];
      return [likely, ...all].find((video) => video?.height === media?.videoHeight);
    }
    function tell(video: Representation | undefined): void {
      const audio = ask(() => dash.getCurrentRepresentationForType('audio'));
      if (video) report({ type: 'rendition', bitrate: video.bandwidth + (audio?.bandwidth ?? 0) });
      begun = true;
    }
    function fail(code: number, mediaType?: string): void {
      const goesOn =
        mediaType === 'text' ||
        HARMLESS.includes(code) ||
        (OF_MANIFEST.includes(code) && ask(() => dash.getActiveStream())) ||
        (OF_SEGMENT.includes(code) && hasOtherUrls());
      report({ type: 'error', code: `${code}`, fatal: !goesOn });
    }
    const hasOtherUrls = () => ask(() => dash.getAvailableBaseUrls()[1]);

    observe();
    if (media?.played.length) tell(shown());
    // The element may come, or be another one, without a word.
    on('manifestLoadingStarted', observe);
    on('streamInitializing', observe);
    // dash.js tells what it fetched last for this moment; the element may still show what it had, and knows its size.
    on('qualityChangeRendered', ({ mediaType, oldRepresentation: old, newRepresentation: now }) => {
      if (mediaType !== 'video') return;
      const seen = shown(now);
      if (!seen || !old || old.height === now.height) tell(seen ?? now);
    });
    on('metricAdded', ({ metric, value }) => {
      if (metric === 'HttpList') download(report, value as HTTPRequest);
    });
    on('error', ({ error }) => {
      // Up to 5 of the element, which reports them itself; without a code not of media, but of dash.js' own reports.
      if (error.code > 5) fail(error.code, error.data?.request?.mediaType);
    });
    // The last of several base URLs failed (of a single one the error was the last word): its error has the code 19.
    on('urlResolutionFailed', () => hasOtherUrls() && fail(19));

    return {
      playerVersion: `dash.js ${dash.getVersion()}`,
      sample: () => (media ? { ...sampleElement(media), ...latency(dash) } : {}),
      detach() {
        for (const stop of [...letGo, ...undo]) stop();
      },
    };
  },
};

/** dash.js throws where it is asked too early, or too late. */
function ask<T>(question: () => T | null): T | undefined {
  try {
    return question() ?? undefined;
  } catch {
    return undefined;
  }
}

function download(report: Report, request: HTTPRequest): void {
  const { _tfinish: end, responsecode, trace, trequest: start } = request;
  const bytes = trace.reduce((sum, { b }) => sum + b[0], 0);
  // Given up on its way, for a seek or a switch, is not failed. No content is the answer to dash.js' own reports (CMCD).
  if (!start || (responsecode ? responsecode === 204 : bytes)) return;
  // dash.js' own time is that of the first progress event. The browser knows better, but of the address's first request.
  const timing = request._resourceTimingValues as PerformanceResourceTiming | undefined;
  const isOwn =
    timing?.responseStart && Math.abs(performance.timeOrigin + timing.startTime - +start) < SAME_MS;
  const failed = !responsecode || responsecode > 299;
  report({
    type: 'download',
    kind: kindOf(request),
    ttfb_ms: isOwn ? Math.round(timing.responseStart - timing.startTime) : undefined,
    duration_ms: end ? Math.max(0, +end - +start) : undefined,
    ...(failed ? { failed } : { bytes }),
  });
}

function kindOf({ type, _stream: stream }: HTTPRequest): DownloadKind {
  if (type === 'MPD') return 'manifest';
  if (type === 'InitializationSegment') return 'init';
  if (type !== 'MediaSegment') return 'other';
  return stream === 'video' || stream === 'audio' || stream === 'text' ? stream : 'other';
}

function latency(dash: MediaPlayerClass): Sample {
  const seconds = ask(() => (dash.isDynamic() ? dash.getCurrentLiveLatency() : null));
  const ms = Math.round((seconds ?? Number.NaN) * 1_000);
  return ms >= 0 ? { latency_ms: ms, latency_clock: 'player' } : {};
}
