// Values as the path of an SVG.

interface Frame {
  width: number;
  height: number;
  /** Values at the lower and the upper edge. */
  bottom: number;
  top: number;
}

/** As many points as can be told apart; of each group the highest, so that no peak is lost. Gaps stay gaps. */
export function drawPath(values: readonly (number | null)[], { width, height, bottom, top }: Frame): string {
  const group = Math.max(1, Math.ceil(values.length / width));
  const groups = Math.ceil(values.length / group);
  const range = top - bottom || 1;
  let path = '';
  let isDrawing = false;
  for (let index = 0; index < groups; index += 1) {
    const known = values.slice(index * group, (index + 1) * group).filter((value) => value !== null);
    if (known.length === 0) {
      isDrawing = false;
      continue;
    }
    const x = groups > 1 ? (index / (groups - 1)) * width : width;
    const y = height - 1 - ((Math.max(...known) - bottom) / range) * (height - 2);
    path += `${isDrawing ? 'L' : 'M'}${round(x)} ${round(y)}`;
    isDrawing = true;
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
