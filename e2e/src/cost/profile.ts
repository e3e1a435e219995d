// Whose time a CPU profile shows: a sample is the SDK's when any frame of its stack lies in one of its files, so that what
// the SDK calls counts as its own.
// https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile

export interface Profile {
  nodes: { id: number; callFrame: { url: string }; children?: number[] }[];
  /** Microseconds on the browser's monotonic clock. */
  startTime: number;
  samples?: number[];
  /** Microseconds from the sample before (or the start) to each sample. */
  timeDeltas?: number[];
}

/** A stretch of time of the SDK's, microseconds on the profile's clock. */
export interface Run {
  start: number;
  end: number;
}

export interface Attribution {
  /** All the profile covers, microseconds. */
  total: number;
  /** How many samples it has. */
  samples: number;
  /** Each unbroken run of samples of the SDK's. */
  runs: Run[];
}

/** A sample holds from its moment to the next; the last one has no next and holds for nothing. */
export function attribute(
  { nodes, startTime, samples = [], timeDeltas = [] }: Profile,
  of: RegExp,
): Attribution {
  const mine = nodesWithin(nodes, of);
  const runs: Run[] = [];
  let run: Run | undefined;
  let at = startTime;
  for (const [index, sample] of samples.entries()) {
    at += timeDeltas[index] ?? 0;
    if (run) run.end = Math.max(run.end, at);
    if (!mine.has(sample)) run = undefined;
    else if (!run) {
      run = { start: at, end: at };
      runs.push(run);
    }
  }
  return { total: timeDeltas.reduce((sum, delta) => sum + delta, 0), samples: samples.length, runs };
}

/** The ids of nodes that lie in files whose URL matches, and of all that were called from there. */
function nodesWithin(nodes: Profile['nodes'], of: RegExp): Set<number> {
  const mine = new Set<number>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const take = (id: number) => {
    if (mine.has(id)) return;
    mine.add(id);
    for (const child of byId.get(id)?.children ?? []) take(child);
  };
  for (const { id, callFrame } of nodes) if (of.test(callFrame.url)) take(id);
  return mine;
}

/** Microseconds of the runs, or of what of them lies between two moments. */
export function spent(
  runs: readonly Run[],
  from = Number.NEGATIVE_INFINITY,
  to = Number.POSITIVE_INFINITY,
): number {
  return runs.reduce(
    (sum, { start, end }) => sum + Math.max(0, Math.min(end, to) - Math.max(start, from)),
    0,
  );
}

/** Microseconds of the longest run. */
export function longest(runs: readonly Run[]): number {
  return runs.reduce((most, { start, end }) => Math.max(most, end - start), 0);
}
