// Colours for canvases, which know no custom properties.

/** What a token is on the screen now: `'--line-1'` to `rgb(10, 103, 171)`. */
export function readColor(token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
