// Hatching for areas that must be told apart without colour.

const SIZE = 8;

/** A pattern of slanted lines of this colour, or the colour where there is no canvas. */
export function makeHatch(color: string): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = SIZE;
  tile.height = SIZE;
  const context = tile.getContext('2d');
  if (!context) return color;
  context.globalAlpha = 0.35;
  context.fillStyle = color;
  context.fillRect(0, 0, SIZE, SIZE);
  context.globalAlpha = 1;
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.beginPath();
  for (const shift of [-SIZE, 0, SIZE]) {
    context.moveTo(shift, SIZE);
    context.lineTo(shift + SIZE, 0);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat') ?? color;
}
