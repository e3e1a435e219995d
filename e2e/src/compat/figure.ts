// One figure of an exposition.
import type { Gateway } from '../gateway.ts';

/** The sum of all series of this name that have these labels; 0 when there is none. */
export async function figure(gateway: Gateway, name: string, ...labels: string[]): Promise<number> {
  const text = await (await gateway.metrics()).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  const fitting = lines.filter((line) => labels.every((label) => line.includes(label)));
  return fitting.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
