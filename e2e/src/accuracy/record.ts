// What the witness in the page writes down: the frames the browser presented and what the script did to the player, all
// on the page's own clock (`performance.now()`, ms). Nothing in it comes from the SDK.

/** One presented frame. https://wicg.github.io/video-rvfc/ */
export interface Frame {
  /** When the compositor took it. */
  at: number;
  /** Where in the media it belongs, seconds. */
  media: number;
  width: number;
}

export type Act =
  /** The script pressed play, or the page did on its behalf. */
  | { kind: 'play' }
  /** The browser forbade it. Nothing is judged by it; it says in a record why nothing came. */
  | { kind: 'denied' }
  | { kind: 'pause' }
  /** `to` in media seconds. */
  | { kind: 'seek'; to: number }
  | { kind: 'rate'; rate: number }
  /** The element has no media to go on with, or the playhead has run past what is buffered; until `fed`. */
  | { kind: 'short' }
  | { kind: 'fed' }
  | { kind: 'hide' }
  | { kind: 'show' }
  /** The element reached the end of the media. */
  | { kind: 'ended' }
  /** The page told its viewer that playback failed. */
  | { kind: 'failed'; text: string }
  /** The same player was given other content. */
  | { kind: 'change' }
  /** The script ended the session, or closed the page. */
  | { kind: 'end' };

export type Dated = Act & { at: number };

export interface Witnessed {
  frames: Frame[];
  acts: Dated[];
}
