// The segment waterfall: downloads that overlap lie below each other, and a row is used again as soon as it is free. So the
// depth is how many ran side by side, and thousands of downloads fit on one screen.

import type { Download } from './timeline.ts';

export interface PackedDownload {
  download: Download;
  row: number;
}

export interface Waterfall {
  /** Ascending by `from`. */
  downloads: PackedDownload[];
  rows: number;
  /** Of the longest download, ms: how far before a viewport one may begin that reaches into it. */
  longestMs: number;
  /** Downloads that found no row of their own and lie in the last one, over others. */
  crowded: number;
}

/** Rows of a waterfall; more at the same time is a player gone wild, which the last row shows as well. */
export const MAX_ROWS = 12;

export function packDownloads(downloads: readonly Download[]): Waterfall {
  const freeAt: number[] = [];
  let longestMs = 0;
  let crowded = 0;
  const packed = [...downloads]
    .sort((a, b) => a.from - b.from || a.to - b.to)
    .map((download) => {
      longestMs = Math.max(longestMs, download.to - download.from);
      let row = freeAt.findIndex((free) => free <= download.from);
      if (row < 0) row = Math.min(freeAt.length, MAX_ROWS - 1);
      if ((freeAt[row] ?? 0) > download.from) crowded += 1;
      freeAt[row] = Math.max(freeAt[row] ?? 0, download.to);
      return { download, row };
    });
  return { downloads: packed, rows: Math.max(freeAt.length, 1), longestMs, crowded };
}
