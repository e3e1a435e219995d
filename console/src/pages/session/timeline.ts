// The parts of a timeline by the names the pages use; the contract (spec/api/openapi.yaml) says what they mean.

import type { Timeline } from '../../api/generated.ts';

export type { JournalledBatch, Timeline } from '../../api/generated.ts';
export type Band = Timeline['bands'][number];
export type Phase = Band['phase'];
export type Download = Timeline['downloads'][number];
export type Mark = Timeline['marks'][number];
/** A mark of another reporter, who may tell of kinds that are not known here. */
export type ReportedMark = NonNullable<Timeline['reports']>[string]['marks'][number];

/** [ms since the session began, value]. */
export type Point = readonly [number, number];
