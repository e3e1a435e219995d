// The moment the viewer sees a picture. `playing` fires when there is data to play; on a busy page the first frame of it
// reaches the screen a quarter of a second later, and the viewer waits for the frame.
// https://wicg.github.io/video-rvfc/

/**
 * Calls `then` with the next frame on the screen, at once where no frame will come: audio, or a page nobody sees. Returns
 * the function that calls it off, while there is something to call off.
 */
export function onNextFrame(media: HTMLMediaElement, then: (at?: number) => void): (() => void) | undefined {
  const video = media as HTMLVideoElement;
  if (!video.requestVideoFrameCallback || !video.videoWidth || document.hidden) {
    then();
    return undefined;
  }
  const cancel = () => {
    video.cancelVideoFrameCallback(handle);
    document.removeEventListener('visibilitychange', hide);
  };
  const shown = (at?: number) => {
    cancel();
    then(at);
  };
  const hide = () => shown();
  const handle = video.requestVideoFrameCallback((_, { presentationTime }) => shown(presentationTime));
  // Hidden in between: no frame comes until somebody looks, but it plays.
  document.addEventListener('visibilitychange', hide);
  return cancel;
}
