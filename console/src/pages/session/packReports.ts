// What others tell of the session, each in a lane of its own: what the CDN logged beside what the player lived through.

import type { ReportLaneId } from './layOutLanes.ts';
import { packDownloads, type Waterfall } from './packDownloads.ts';
import type { ReportedMark, Timeline } from './timeline.ts';

export interface Report {
  id: ReportLaneId;
  title: string;
  waterfall: Waterfall;
  marks: readonly ReportedMark[];
}

/** Protocols by the names people know them by; another one is called as the ledger calls it. */
const TITLES: Record<string, string> = {
  native: 'Told by the SDK',
  cmcd: 'Told by CMCD',
  cdn_log: 'Told by the CDN',
};

/** Reporters that told something which can be shown, in the order of their names. */
export function packReports({ reports = {} }: Pick<Timeline, 'reports'>): Report[] {
  return Object.entries(reports)
    .filter(([, { downloads, marks }]) => downloads.length + marks.length > 0)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([protocol, { downloads, marks }]) => ({
      id: `reports.${protocol}`,
      title: TITLES[protocol] ?? `Told by ${protocol}`,
      waterfall: packDownloads(downloads),
      marks,
    }));
}
