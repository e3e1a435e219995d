// `playing` is reported with the frame the viewer sees, and taken back when something else comes first.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { html5 } from '../src/adapters/html5.js';
import { FakeMedia } from './fake-media.js';

class FakeVideo extends FakeMedia {
  videoWidth = 640;
  awaited = new Map<number, VideoFrameRequestCallback>();
  private next = 1;

  requestVideoFrameCallback(callback: VideoFrameRequestCallback) {
    this.awaited.set(this.next, callback);
    return this.next++;
  }

  cancelVideoFrameCallback(handle: number) {
    this.awaited.delete(handle);
  }

  showFrame(presentationTime = 0) {
    const callbacks = [...this.awaited.values()];
    this.awaited.clear();
    const metadata = { presentationTime, mediaTime: this.state.currentTime } as VideoFrameCallbackMetadata;
    for (const callback of callbacks) callback(0, metadata);
  }
}

let page: EventTarget & { hidden: boolean };
let video: FakeVideo;
let reported: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  page = Object.assign(new EventTarget(), { hidden: false });
  vi.stubGlobal('document', page);
  video = new FakeVideo();
  reported = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function play() {
  const attachment = html5.attach(video.asElement(), ({ type }) => reported.push(type));
  Object.assign(video.state, { paused: false, readyState: 4 });
  video.fire('play');
  video.fire('playing');
  return attachment;
}

it('waits for the frame', () => {
  play();
  expect(reported).toEqual(['play_request']);
  video.fire('playing');
  video.showFrame();
  video.showFrame();
  expect(reported).toEqual(['play_request', 'playing']);
});

it('is taken back by a pause', () => {
  play();
  video.fire('pause');
  video.showFrame();
  expect(reported).not.toContain('playing');
});

it('is taken back by a stall, once something has played', () => {
  play();
  video.showFrame();
  video.fire('waiting');
  video.fire('playing');
  video.fire('waiting');
  video.showFrame();
  vi.advanceTimersByTime(250);
  expect(reported).toEqual(['play_request', 'playing', 'stall']);
});

it('keeps the first frame through the waiting of the start', () => {
  play();
  video.fire('waiting');
  video.showFrame();
  expect(reported).toEqual(['play_request', 'playing']);
});

it('is taken back by a seek, once something has played', () => {
  play();
  video.showFrame();
  video.fire('playing');
  video.fire('seeking', { seeking: true });
  video.showFrame();
  expect(reported).toEqual(['play_request', 'playing', 'seek_start']);
});

it('does not wait on a page nobody sees', () => {
  page.hidden = true;
  play();
  expect(reported).toEqual(['play_request', 'playing']);
});

it('dates each event by when it happened', () => {
  const times: (number | undefined)[] = [];
  html5.attach(video.asElement(), (_, at) => times.push(at));
  Object.assign(video.state, { paused: false, readyState: 4 });
  const before = performance.now();
  video.fire('play');
  video.fire('playing');
  video.showFrame(1234.5);
  expect(times[0]).toBeGreaterThanOrEqual(before);
  expect(times[1]).toBe(1234.5);
});

it('takes the frame that was seen before `playing` was heard', () => {
  const times: (number | undefined)[] = [];
  html5.attach(video.asElement(), (_, at) => times.push(at));
  Object.assign(video.state, { paused: false, readyState: 4 });
  video.fire('play');
  const shown = performance.now();
  video.showFrame(shown - 100);
  video.showFrame(shown - 60);
  video.showFrame(shown - 20);
  video.fire('playing');
  expect(times[1]).toBe(shown - 100);
});

it('does not take a picture that stood still for the start', () => {
  html5.attach(video.asElement(), ({ type }) => reported.push(type));
  Object.assign(video.state, { paused: false, readyState: 4 });
  video.fire('play');
  video.showFrame(performance.now() - 3000);
  video.fire('playing');
  expect(reported).toEqual(['play_request']);
  video.showFrame(performance.now());
  expect(reported).toEqual(['play_request', 'playing']);
});

it('stops waiting when the page goes out of sight', () => {
  play();
  page.hidden = true;
  page.dispatchEvent(new Event('visibilitychange'));
  video.showFrame();
  expect(reported).toEqual(['play_request', 'playing']);
});

it('does not wait for a picture of sound', () => {
  video.videoWidth = 0;
  play();
  expect(reported).toEqual(['play_request', 'playing']);
});

it('reports what plays already at once', () => {
  Object.assign(video.state, { paused: false, readyState: 4 });
  html5.attach(video.asElement(), ({ type }) => reported.push(type));
  expect(reported).toEqual(['play_request', 'playing']);
});

it('awaits nothing once detached', () => {
  play().detach();
  expect(video.awaited.size).toBe(0);
});
