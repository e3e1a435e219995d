// What the figures of a session mean, and which KPI of all sessions each belongs to.

import type { Figures } from '../../api/generated.ts';
import type { Unit } from '../../figures/formatFigure.ts';

export interface FigureMeaning {
  name: keyof Figures;
  title: string;
  unit: Unit;
  help: string;
  /** The KPI that is this figure over all sessions. */
  kpi?: string;
}

export const FIGURES: readonly FigureMeaning[] = [
  {
    name: 'startup_ms',
    title: 'Startup time',
    unit: 'milliseconds',
    help: 'From the first play request to the first frame.',
    kpi: 'startup_p95',
  },
  {
    name: 'startup_wait_ms',
    title: 'Waited for the start',
    unit: 'milliseconds',
    help: 'Time in the phase startup, whether or not a frame came.',
  },
  {
    name: 'rebuffer_ratio',
    title: 'Rebuffering',
    unit: 'ratio',
    help: 'Time stalled, of the time stalled or playing.',
    kpi: 'rebuffer_ratio',
  },
  {
    name: 'rebuffers',
    title: 'Rebufferings',
    unit: 'count',
    help: 'How often playback stalled after it had begun; startup, seeks and pauses are none.',
    kpi: 'rebuffers_per_hour',
  },
  {
    name: 'stalled_ms',
    title: 'Stalled',
    unit: 'milliseconds',
    help: 'The stalled bands of the timeline, added up.',
  },
  {
    name: 'playing_ms',
    title: 'Playing',
    unit: 'milliseconds',
    help: 'The playing bands of the timeline, added up.',
  },
  {
    name: 'paused_ms',
    title: 'Paused',
    unit: 'milliseconds',
    help: 'The paused bands of the timeline, added up.',
  },
  {
    name: 'seeking_ms',
    title: 'Seeking',
    unit: 'milliseconds',
    help: 'From each seek to the next frame, added up.',
    kpi: 'seek_p95',
  },
  { name: 'ad_ms', title: 'Ads', unit: 'milliseconds', help: 'The ad bands of the timeline, added up.' },
  {
    name: 'mean_bitrate',
    title: 'Bitrate',
    unit: 'bits_per_second',
    help: 'Declared bitrate of what was on the screen, weighted by media time.',
    kpi: 'bitrate',
  },
  {
    name: 'switches_up',
    title: 'Switches up',
    unit: 'count',
    help: 'To a rendition of a higher bitrate.',
    kpi: 'switches_per_hour',
  },
  {
    name: 'switches_down',
    title: 'Switches down',
    unit: 'count',
    help: 'To a rendition of a lower bitrate.',
    kpi: 'switches_per_hour',
  },
  {
    name: 'frames_dropped',
    title: 'Frames dropped',
    unit: 'count',
    help: 'Video frames decoded too late to be shown, as the player counts them.',
    kpi: 'dropped_frame_ratio',
  },
  { name: 'downloaded_bytes', title: 'Downloaded', unit: 'bytes', help: 'Bodies of all downloads.' },
  {
    name: 'downloads_failed',
    title: 'Failed downloads',
    unit: 'count',
    help: 'Downloads that brought no usable body.',
    kpi: 'download_failure_ratio',
  },
  {
    name: 'errors',
    title: 'Errors',
    unit: 'count',
    help: 'Errors the player reported, fatal or not.',
    kpi: 'playback_failure_ratio',
  },
];
