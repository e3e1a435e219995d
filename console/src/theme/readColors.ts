// Many colours for a canvas at once.

/** What tokens are on the screen now, in their order. One calculation of styles for all: a page that opens has no time for twenty. */
export function readColors(tokens: readonly string[]): string[] {
  const probes = document.createElement('div');
  for (const token of tokens) {
    const probe = document.createElement('span');
    probe.style.color = `var(${token})`;
    probes.append(probe);
  }
  document.body.append(probes);
  const colors = [...probes.children].map((probe) => getComputedStyle(probe).color);
  probes.remove();
  return colors;
}
