// The adapter for dash.js. Only types are imported; events go by the names the player gives them.
// https://cdn.dashjs.org/latest/jsdoc/MediaPlayerEvents.html

import type { HTTPRequest, MediaPlayerClass, Representation } from 'dashjs';
import type { Adapter, Report, Sample } from '../core/adapter.js';
import type { DownloadKind } from '../core/generated.js';
import { observeElement } from '../media/element.js';
import { sampleElement } from '../media/sample.js';

/** Up to here codes are those of the element, which reports them itself. */
const LAST_OF_ELEMENT = 5;
/** XLink, time synchronisation, removal from a buffer, subtitles: playback goes on without. */
const HARMLESS = [12, 16, 18, 21, 29, 33];
/** So far apart the clocks put one request. */
const SAME_MS = 50;

interface Events {
  error: { error: string | { code: number; data?: { request?: { mediaType?: string } } } };
  manifestLoadingStarted: object;
  metricAdded: { metric: string; value: object };
  qualityChangeRendered: { mediaType: string; newRepresentation: Representation };
  streamInitializing: object;
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
    let letGo = () => {};

    function on<E extends keyof Events>(event: E, listener: (data: Events[E]) => void): void {
      dash.on(event as never, listener as never);
      undo.push(() => dash.off(event as never, listener as never));
    }
    function observe(): void {
      const view = ask(() => dash.getVideoElement());
      if (view === media) return;
      letGo();
      media = view;
      letGo = view ? observeElement(view, report) : () => {};
    }
    function reportRendition(video: Representation | undefined): void {
      const audio = ask(() => dash.getCurrentRepresentationForType('audio'));
      if (video) report({ type: 'rendition', bitrate: video.bandwidth + (audio?.bandwidth ?? 0) });
    }

    observe();
    const height = media?.videoHeight;
    if (height) {
      const all = ask(() => dash.getRepresentationsByType('video'));
      reportRendition(all?.find((video) => video.height === height));
    }
    // The element may come, or be another one, without a word.
    on('manifestLoadingStarted', observe);
    on('streamInitializing', observe);
    on('qualityChangeRendered', ({ mediaType, newRepresentation }) => {
      if (mediaType === 'video') reportRendition(newRepresentation);
    });
    on('metricAdded', ({ metric, value }) => {
      if (metric === 'HttpList') download(report, value as HTTPRequest);
    });
    on('error', ({ error }) => {
      const { code, data } = typeof error === 'string' ? { code: error } : error;
      if (typeof code === 'number' && code <= LAST_OF_ELEMENT) return;
      const fatal = !HARMLESS.includes(code as number) && data?.request?.mediaType !== 'text';
      report({ type: 'error', code: `${code}`, fatal });
    });

    return {
      playerVersion: `dash.js ${dash.getVersion()}`,
      sample: () => (media ? { ...sampleElement(media), ...latency(dash) } : {}),
      detach() {
        letGo();
        for (const off of undo) off();
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
  // Given up on its way, for a seek or a switch, is not failed.
  if (!start || (!responsecode && bytes)) return;
  const failed = !responsecode || responsecode < 200 || responsecode > 299;
  report({
    type: 'download',
    kind: kindOf(request),
    bytes: failed ? undefined : bytes,
    ttfb_ms: firstByte(request._resourceTimingValues as PerformanceResourceTiming | undefined, +start),
    duration_ms: end ? Math.max(0, +end - +start) : undefined,
    failed: failed || undefined,
  });
}

/** dash.js' own time is that of the first progress event. The browser knows better, but of the address's first request. */
function firstByte(timing: PerformanceResourceTiming | undefined, start: number): number | undefined {
  if (!timing?.responseStart) return undefined;
  const late = Math.abs(performance.timeOrigin + timing.startTime - start);
  return late < SAME_MS ? Math.round(timing.responseStart - timing.startTime) : undefined;
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
