// What held at the cursor, in words, for each lane: the values beside the lane titles and what a screen reader is told.

import { formatFigure } from '../../figures/formatFigure.ts';
import type { LaneId } from './layOutLanes.ts';
import { bandAt, nearestTo, valueAt } from './lookUp.ts';
import type { Waterfall } from './packDownloads.ts';
import type { Report } from './packReports.ts';
import type { Timeline } from './timeline.ts';

/** A heartbeat comes every ten seconds; what it said holds until one is clearly missing. */
export const HOLDS_MS = 25_000;

export type CursorValues = Partial<Record<LaneId, string>>;

/** `reachMs` is how far from the cursor a mark may be to be meant: a few pixels of time. */
export function readCursor(
  timeline: Timeline,
  waterfall: Waterfall,
  t: number,
  reachMs: number,
  reports: readonly Report[] = [],
): CursorValues {
  const band = bandAt(timeline.bands, t);
  const mark = nearestTo(timeline.marks, t, reachMs, (mark) => mark.t);
  const buffer = valueAt(timeline.buffer, t, HOLDS_MS);
  const latency = valueAt(timeline.latency, t, HOLDS_MS);
  const bitrate = valueAt(timeline.bitrate, t);
  return {
    phases: band ? `${band.phase} ${formatFigure((band.to - band.from) / 1000, 'seconds')}` : '',
    marks: mark?.text ?? '',
    buffer: buffer === undefined ? '' : formatFigure(buffer / 1000, 'seconds'),
    latency: latency === undefined ? '' : formatFigure(latency / 1000, 'seconds'),
    bitrate: bitrate === undefined ? '' : formatFigure(bitrate, 'bits_per_second'),
    downloads: describeDownloads(waterfall, t),
    ...Object.fromEntries(reports.map((report) => [report.id, describeReport(report, t, reachMs)])),
  };
}

function describeReport({ waterfall, marks }: Report, t: number, reachMs: number): string {
  const mark = nearestTo(marks, t, reachMs, (mark) => mark.t);
  return [describeDownloads(waterfall, t), mark?.text].filter(Boolean).join(', ');
}

function describeDownloads({ downloads, longestMs }: Waterfall, t: number): string {
  const running = downloads.filter(({ download }) => download.from <= t && t <= download.to);
  const [first, ...others] = running.map(({ download }) => download);
  if (!first || longestMs < 0) return '';
  const size = `${Math.round(first.bytes / 1000)} kB in ${formatFigure((first.to - first.from) / 1000, 'seconds')}`;
  const more = others.length > 0 ? ` +${others.length}` : '';
  return `${first.kind} ${first.failed ? 'failed' : size}${more}`;
}
