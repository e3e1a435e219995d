// The page that bundles Eyevinn's SDK as its README says, and notes by itself when what it shows moves and stands still.
import { PlayerAnalyticsConnector } from '@eyevinn/player-analytics-client-sdk-web';

/** What the page saw, in seconds. */
interface Seen {
  startup: number;
  stalls: number[];
  seeks: number[];
}

declare global {
  interface Window {
    watch(eventsink: string, session: string, media: string): Promise<void>;
    seen: Seen;
  }
}

window.watch = async (eventsink, session, media) => {
  const video = document.querySelector('video') as HTMLVideoElement;
  const connector = new PlayerAnalyticsConnector(eventsink);
  await connector.init({ sessionId: session, heartbeatInterval: 1000 });
  const seen: Seen = { startup: 0, stalls: [], seeks: [] };
  window.seen = seen;
  const since = (from: number) => (performance.now() - from) / 1000;
  const loading = performance.now();
  let [waiting, seeking] = [0, 0];
  video.addEventListener('playing', () => {
    if (!seen.startup) seen.startup = since(loading);
    if (waiting && !seeking) seen.stalls.push(since(waiting));
    waiting = 0;
  });
  video.addEventListener('waiting', () => {
    if (seen.startup && !video.seeking) waiting ||= performance.now();
  });
  video.addEventListener('seeking', () => {
    seeking ||= performance.now();
  });
  video.addEventListener('seeked', () => {
    seen.seeks.push(since(seeking));
    seeking = 0;
  });
  connector.load(video);
  connector.reportMetadata({ live: false, contentId: 'progressive', contentTitle: 'not kept' });
  connector.reportBitrateChange({ bitrate: 600 });
  video.src = media;
  await video.play();
};
