// What a page can add: measurements of its own, beside those of the player. A plugin uses the client as the page does.

import type { Sample } from './adapter.js';
import type { Attributes, EventBody } from './generated.js';

/** What a plugin may do; it is the client. */
export interface PluginContext {
  /** The id of the open session, if one is open. */
  readonly sessionId: string | undefined;
  /** Reports any event of the vocabulary. */
  note(event: EventBody): void;
  /** Reports a figure of the page's own. */
  noteCustom(name: string, value?: number): void;
  /** Adds or changes session attributes. */
  setAttributes(attributes: Attributes): void;
  /** A W3C `traceparent` of the open session. */
  traceparent(): string | undefined;
}

/** Measurements of the page's own. One that throws is told of once and stopped; playback and reporting go on. */
export interface Plugin {
  /** Used in messages to the developer. */
  name: string;
  /** Begins; again each time consent is given. Returns what undoes it. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most plugins that need no undoing return nothing.
  start?(context: PluginContext): void | (() => void);
  /** Sees each event of the session, those that sampling leaves out as well. */
  onEvent?(event: Readonly<EventBody>): void;
  /** Adds figures to the next heartbeat. */
  sample?(): Sample;
}
