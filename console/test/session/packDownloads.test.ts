// The waterfall: no two downloads of one row overlap, and rows are no more than ran side by side.
import { expect, it } from 'vitest';
import { MAX_ROWS, packDownloads } from '../../src/pages/session/packDownloads.ts';
import type { Download } from '../../src/pages/session/timeline.ts';

const download = (from: number, to: number): Download => ({
  from,
  to,
  kind: 'video',
  bytes: 1,
  failed: false,
  weight: 1,
});

it('uses a row again once it is free', () => {
  const { downloads, rows } = packDownloads([
    download(0, 10),
    download(5, 20),
    download(10, 15),
    download(20, 30),
  ]);
  expect(downloads.map(({ row }) => row)).toEqual([0, 1, 0, 0]);
  expect(rows).toBe(2);
});

it('never puts one over another as long as there are rows', () => {
  const many = Array.from({ length: 3_000 }, (_, i) =>
    download((i * 7_919) % 100_000, ((i * 7_919) % 100_000) + (i % 97)),
  );
  const { downloads, crowded } = packDownloads(many);
  expect(crowded).toBe(0);
  for (let row = 0; row < MAX_ROWS; row += 1) {
    const own = downloads.filter((packed) => packed.row === row).map((packed) => packed.download);
    own.slice(1).forEach((next, i) => {
      expect(next.from).toBeGreaterThanOrEqual((own[i] as Download).to);
    });
  }
});

it('says how many found no row', () => {
  const { rows, crowded } = packDownloads(Array.from({ length: 40 }, () => download(0, 100)));
  expect(rows).toBe(MAX_ROWS);
  expect(crowded).toBe(40 - MAX_ROWS);
});
