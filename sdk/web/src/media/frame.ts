// The moments at which the viewer sees a picture. `playing` fires when there is data to play, and on a busy page is heard
// up to a quarter of a second before or after the first frame of it reaches the screen; the viewer waits for the frame.
// https://wicg.github.io/video-rvfc/

export interface Frames {
  /** Whether there are pictures, and somebody to see them. */
  _visible(): boolean;
  /** Looks for frames from now on, until `_forget`. What is on the screen already is not news. */
  _look(): void;
  /**
   * Calls `then` with the time of a frame that belongs to a `playing` event made at `at`: one just seen, or the next. Calls
   * it at once where no frame will come: audio, or a page nobody sees.
   */
  _await(at: number, then: (at?: number) => void): void;
  /** Calls off what is awaited. */
  _forget(): void;
}

/** A picture that stood still for so long was a poster, not the start of what plays. */
const STILL_MS = 150;
/** How far from the playhead, in seconds of media, a frame may be that is not of the place before a seek. */
const NEAR_S = 1;

export function watchFrames(media: HTMLMediaElement): Frames {
  const video = media as HTMLVideoElement;
  let handle: number | undefined;
  // The first and the last of the frames that followed each other.
  let first: number | undefined;
  let last = 0;
  let awaited: ((at?: number) => void) | undefined;

  const settle = (at?: number) => {
    const then = awaited;
    frames._forget();
    then?.(at);
  };
  const hide = () => settle();
  const request = () => {
    handle ??= video.requestVideoFrameCallback?.((_, { presentationTime, mediaTime }) => {
      handle = undefined;
      if (Math.abs(mediaTime - video.currentTime) < NEAR_S) {
        if (first === undefined || presentationTime - last > STILL_MS) first = presentationTime;
        last = presentationTime;
        if (awaited) return settle(first);
      }
      request();
    });
  };
  const frames: Frames = {
    _visible: () => !!video.requestVideoFrameCallback && !!video.videoWidth && !document.hidden,
    _look: request,
    _await(at, then) {
      if (!frames._visible()) return then();
      awaited = then;
      if (first !== undefined && last > at - STILL_MS) return settle(first);
      request();
      // Hidden in between: no frame comes until somebody looks, but it plays.
      document.addEventListener('visibilitychange', hide);
    },
    _forget() {
      if (handle !== undefined) video.cancelVideoFrameCallback(handle);
      handle = first = awaited = undefined;
      globalThis.document?.removeEventListener('visibilitychange', hide);
    },
  };
  return frames;
}
