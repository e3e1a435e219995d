// Writes docs/accuracy.md.
import type { Result } from './run.ts';

export async function writeDocs(_results: Result[], _chromium: string): Promise<void> {
  throw new Error('not yet');
}
