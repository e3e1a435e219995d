// What the stage cannot show, each with why. A query that is not here has to return data, and some of it other than 0.

/** Queries by the beginning of their name, and a reason. */
export interface Exception {
  at: string;
  reason: string;
}

const NO_FILTERS = 'needs a gateway built with the feature wasm, and a filter';

/** Return nothing. The test fails when one of them returns something after all. */
export const SILENT: Exception[] = [
  { at: 'OpenQoE / Gateway health: Time of a batch in its filters', reason: NO_FILTERS },
  { at: 'OpenQoE / Gateway health: Filters in use', reason: NO_FILTERS },
];

/** Return zeros: they count what does not happen to a gateway that is well. */
export const ZEROS: Exception[] = [
  { at: 'OpenQoE / Gateway health: Shed', reason: 'needs more load than the gateway can take' },
  { at: 'OpenQoE / Gateway health: Unaccounted for', reason: 'would be a defect of the gateway' },
  {
    at: 'OpenQoE / Gateway health: Requests nobody could be told by',
    reason: 'on loopback nobody needs a key',
  },
  {
    at: 'OpenQoE / Gateway health: Events that wait',
    reason: 'nothing comes out of order, and the core takes all',
  },
  { at: 'OpenQoE / Gateway health: Label sets given up', reason: 'needs an hour without a session' },
  { at: 'OpenQoE / Gateway health: Rows of ended sessions (B)', reason: 'needs a disk that is full' },
  { at: 'OpenQoE / Gateway health: Batches waiting', reason: 'none waits for as long as it takes to scrape' },
  { at: 'OpenQoE / Gateway health: Connections refused', reason: 'needs ten thousand of them' },
  { at: 'OpenQoE / Gateway health: Failures', reason: 'needs a disk that is full' },
  { at: 'OpenQoE / Gateway health: Replayed at the start', reason: 'needs a gateway that was killed' },
  { at: 'OpenQoE / Gateway health: Backlog', reason: 'needs a core that is away' },
  { at: 'OpenQoE / Gateway health: Age of the backlog', reason: 'needs a core that is away' },
  { at: 'OpenQoE / Gateway health: Requests to the core that failed', reason: 'needs a core that is away' },
  { at: 'OpenQoE / Gateway health: Samples (', reason: 'refusals and drops need a receiver that refuses' },
  { at: 'OpenQoE / Gateway health: Waiting', reason: 'the receiver may have taken everything' },
  { at: 'OpenQoE / Gateway health: Bytes waiting', reason: 'the receiver may have taken everything' },
  { at: 'OpenQoE / Gateway health: How far behind', reason: 'the receiver may have taken everything' },
  { at: 'OpenQoE / Gateway health: Failures of the queue on disk', reason: 'needs a disk that is full' },
  {
    at: 'OpenQoE / Gateway health: What objectives and history could not store',
    reason: 'needs a disk that is full',
  },
  {
    at: 'OpenQoE / Gateway health: What objectives and history could not keep apart (C)',
    reason: 'needs days of history',
  },
  {
    at: 'OpenQoE / Gateway health: What objectives and history could not keep apart (D)',
    reason: 'needs 256 values of attributes',
  },
  { at: 'OpenQoE / Gateway health: What came of batches in filters', reason: NO_FILTERS },
  { at: 'OpenQoE / Gateway health: Batches filters failed at', reason: NO_FILTERS },
  { at: 'OpenQoE / Probes: By CDN (D)', reason: 'needs a CDN that fails in the middle of a probe' },
  { at: 'OpenQoE / Gateway health: Lost (A)', reason: 'needs more sessions than can be exported' },
  {
    at: 'OpenQoE / Gateway health: Points, spans and records unaccounted for',
    reason: 'would be a defect of the gateway',
  },
  {
    at: 'OpenQoE / Gateway health: Sessions waiting',
    reason: 'none waits for as long as it takes to scrape',
  },
];

export function isAmong(exceptions: Exception[], { at }: { at: string }): boolean {
  return exceptions.some((exception) => at.startsWith(exception.at));
}
