// The arithmetic of series: what is in the middle of one, and how it grows.

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** Least squares: units of y per unit of x. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  let [rise, run] = [0, 0];
  for (const point of points) {
    rise += (point[0] - x) * (point[1] - y);
    run += (point[0] - x) ** 2;
  }
  return rise / run;
}
