// The scenarios, in the order of docs/accuracy.md. A length of time is part of a scenario only where it is what the scenario is
// about; everything else waits for what must be seen.

import type { Scenario } from './scenario.ts';

const NO_LADDER = 'a single file: nothing to switch between';
const NO_LIVE = 'no native HLS in Chromium';

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'clean start',
    about: 'press play, watch ten seconds',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(10);
      await stage.end();
    },
  },
  {
    name: 'slow start',
    about: 'every answer of the origin comes 800 ms late',
    ends: 'stopped',
    async run(stage) {
      await stage.faults({ latency_ms: 800 });
      await stage.play();
      await stage.moving(1);
      await stage.faults({});
      await stage.moving(5);
      await stage.end();
    },
  },
  {
    name: 'blocked autoplay',
    about: 'the page starts with sound, the browser forbids it, the viewer presses play three seconds later',
    query: 'autoplay=1&muted=0',
    autoplay: { blocked: 3 },
    ends: 'stopped',
    async run(stage) {
      await stage.press();
      await stage.moving(5);
      await stage.end();
    },
  },
  {
    name: 'preload, play later',
    about: 'the player loads with the page, the viewer presses play four seconds later',
    query: 'preload=1',
    ends: 'stopped',
    async run(stage) {
      await stage.pass(4);
      await stage.play();
      await stage.moving(6);
      await stage.end();
    },
  },
  {
    name: 'resume at 20 s',
    about: 'the player is told to start at 20 s: its own seek is none of the viewer',
    query: 'start=20',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(6);
      await stage.end();
    },
  },
  {
    name: 'one stall',
    about: 'segments are held until the picture has stood for three seconds',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(3);
      await stage.stall(3);
      await stage.moving(3);
      await stage.end();
    },
  },
  {
    name: 'three stalls',
    twice: true,
    about: 'of one, two and one and a half seconds',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      for (const seconds of [1, 2, 1.5]) {
        await stage.moving(3);
        await stage.stall(seconds);
      }
      await stage.moving(3);
      await stage.end();
    },
  },
  {
    name: 'stall ended by a seek',
    about: 'two seconds into a stall the viewer goes back to the beginning',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(3);
      await stage.dry(2);
      await stage.seek(0.5);
      await stage.feed();
      await stage.moving(4);
      await stage.end();
    },
  },
  {
    name: 'stall ended by a pause',
    about: 'two seconds into a stall the viewer pauses, and plays on three seconds later',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(3);
      await stage.dry(2);
      await stage.pause();
      await stage.feed();
      await stage.pass(3);
      await stage.play();
      await stage.moving(4);
      await stage.end();
    },
  },
  {
    name: 'seek inside the buffer',
    about: 'two seconds ahead, where media is already',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(4);
      const { media } = (await stage.frame()) ?? { media: 0 };
      await stage.seek(media + 2);
      await stage.moving(4);
      await stage.end();
    },
  },
  {
    name: 'seek outside the buffer',
    twice: true,
    about: 'to 40 s, answers 300 ms late',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(4);
      await stage.faults({ latency_ms: 300 });
      await stage.seek(40);
      await stage.moving(4);
      await stage.end();
    },
  },
  {
    name: 'seek before the first frame',
    about: 'the start is slow and the viewer jumps to 20 s meanwhile: no startup time can be told',
    ends: 'stopped',
    async run(stage) {
      await stage.faults({ latency_ms: 1_000 });
      await stage.play();
      await stage.metadata();
      // No viewer is quicker.
      await stage.pass(0.4);
      await stage.seek(20);
      await stage.moving(1);
      await stage.faults({});
      await stage.moving(4);
      await stage.end();
    },
  },
  {
    name: 'pause of 20 s',
    twice: true,
    about: 'and on',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(4);
      await stage.pause();
      await stage.pass(20);
      await stage.play();
      await stage.moving(4);
      await stage.end();
    },
  },
  {
    name: 'double speed',
    about: 'playback rate 2 for ten seconds of media',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(3);
      await stage.rate(2);
      await stage.moving(10);
      await stage.end();
    },
  },
  {
    name: 'bitrate down and up',
    about: 'the origin is throttled until a smaller picture is seen, and freed until a larger one is',
    without: { html5: NO_LADDER },
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(4);
      const first = (await stage.frame())?.width ?? 0;
      await stage.faults({ slow_kbps: 150 });
      await stage.width((width) => width < first, 'a smaller picture');
      await stage.faults({});
      await stage.width((width) => width === first, 'a larger picture');
      await stage.moving(2);
      await stage.end();
    },
  },
  {
    name: 'manifest 404',
    about: 'there is nothing under that address',
    query: 'asset=missing',
    ends: 'error',
    async run(stage) {
      await stage.play();
      await stage.failed();
      await stage.end();
    },
  },
  {
    name: 'segments 404',
    about:
      'from the fifth second on no segment is found any more; a player that gives up fails, one that never says so (VHS, now and then) leaves its viewer in a stall',
    without: { html5: 'one answer brings the whole file, and it has begun' },
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(5);
      await stage.faults({ status: 404 });
      await stage.failed();
      await stage.end();
    },
  },
  {
    name: 'exit before start',
    about: 'the viewer leaves after waiting three seconds for nothing',
    ends: 'page_hide',
    async run(stage) {
      await stage.faults({ latency_ms: 20_000 });
      await stage.play();
      await stage.pass(3);
      await stage.leave();
    },
  },
  {
    name: 'tab hidden and back',
    about: 'for five seconds another tab is in front; the sound plays on',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(4);
      await stage.hide();
      await stage.pass(5);
      await stage.show();
      await stage.moving(4);
      await stage.end();
    },
  },
  {
    name: 'ended, then replay',
    about:
      'from 55 s to the end, and from the beginning again; a view ends once, and this one at the end of the media',
    ends: 'finished',
    async run(stage) {
      await stage.play();
      await stage.moving(2);
      await stage.seek(55);
      await stage.ended();
      await stage.pass(2);
      await stage.play();
      await stage.moving(4);
      await stage.end();
    },
  },
  {
    name: 'change of source',
    sessions: 2,
    about: 'the same player goes on to other content: two sessions',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(5);
      await stage.change();
      await stage.moving(5);
      await stage.end();
    },
  },
  {
    name: 'live',
    about: 'a live stream with a window of thirty seconds; the delay is read off the picture',
    query: 'live=1',
    without: { html5: NO_LIVE },
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(8);
      await stage.readLatency();
      await stage.moving(8);
      await stage.end();
    },
  },
  {
    name: 'offline for 30 s',
    about: 'the network goes away under media and reports alike, and comes back',
    ends: 'stopped',
    async run(stage) {
      await stage.play();
      await stage.moving(4);
      await stage.offline(true);
      await stage.pass(30);
      await stage.offline(false);
      await stage.recover();
      await stage.end();
    },
  },
  {
    name: 'page closed during a stall',
    about: 'two seconds into a stall',
    ends: 'page_hide',
    async run(stage) {
      await stage.play();
      await stage.moving(3);
      await stage.dry(2);
      await stage.leave();
    },
  },
];
