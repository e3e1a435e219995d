// A store that outlives the page in name only: it tells what was asked of it and hands over what a test puts in.

import type { Entry, OfflineStore } from '../src/index.js';

export class FakeStore implements OfflineStore {
  readonly log: string[] = [];
  readonly kept = new Map<string, Entry>();
  restore: (entries: Entry[], lost: number) => void = () => {};

  open(restore: FakeStore['restore']): void {
    this.log.push('open');
    this.restore = restore;
  }

  keep(entries: readonly Entry[]): void {
    for (const entry of entries) this.kept.set(entry.session + entry.event, entry);
  }

  forget(entries: readonly Entry[]): void {
    for (const entry of entries) this.kept.delete(entry.session + entry.event);
  }

  clear(): void {
    this.log.push('clear');
    this.kept.clear();
  }

  /** What is kept, as `seq type`. */
  get events(): string[] {
    return [...this.kept.values()].map(({ event }) => {
      const { seq, type } = JSON.parse(event);
      return `${seq} ${type}`;
    });
  }
}
