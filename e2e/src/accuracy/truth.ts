// What a viewer lived through, told by the frames of the screen and by what the script did. The definitions are those of
// docs/accuracy.md and of the metrics (spec/registry/metrics); the code shares nothing with SDK or engine, which it judges.

import type { Dated, Frame, Witnessed } from './record.ts';

export interface Truth {
  /** From the press to the first frame that moves; undefined where there is none, or a pause, a seek or the background spoilt it. */
  startup: number | undefined;
  /** Waiting for the first frame. */
  startupWait: number;
  playing: number;
  stalls: number[];
  seeking: number;
  seeks: number;
  paused: number;
  switches: number;
  end: 'finished' | 'stopped' | 'failed';
  exitBeforeStart: boolean;
}

/** A picture that stands longer than this beyond its own time is no motion. */
const STILL_MS = 250;
/** And with no media to go on with, this is a stall. */
const STALL_MS = 200;
/** From one frame to the next in motion, seconds of media; more is a jump to another place. */
const JUMP_S = 1;
/** The film has 25 pictures a second. */
const FRAME_MS = 40;
/** A frame this near to the target of a seek belongs to it; segments begin at most this far before. */
const NEAR_S = 2.5;
/** What an exit must have waited to count (reference: EBVS below 1 s is discarded). */
const EXIT_MS = 1_000;

type State = 'idle' | 'startup' | 'playing' | 'seeking' | 'paused' | 'over';

type Moment = { at: number; frame: Frame } | { at: number; act: Dated };

/** Judges what happened from `from` to `until` (page clock, ms): one session. */
export function judge({ frames, acts }: Witnessed, from = 0, until = Number.POSITIVE_INFINITY): Truth {
  const within = ({ at }: { at: number }) => at >= from && at <= until;
  const moments: Moment[] = [
    ...frames.map((frame) => ({ at: frame.at, frame })),
    ...acts.map((act) => ({ at: act.at, act })),
  ]
    .filter(within)
    .sort((a, b) => a.at - b.at);
  const teller = new Teller(frames);
  for (const moment of moments) {
    if ('frame' in moment) teller.see(moment.frame);
    else teller.hear(moment.act);
  }
  return teller.told();
}

class Teller {
  private readonly truth: Truth = {
    startup: undefined,
    startupWait: 0,
    playing: 0,
    stalls: [],
    seeking: 0,
    seeks: 0,
    paused: 0,
    switches: 0,
    end: 'stopped',
    exitBeforeStart: false,
  };
  private state: State = 'idle';
  private since = 0;
  private spoilt = false;
  private begun = false;
  private isPaused = false;
  private rate = 1;
  private target = 0;
  /** The last frame of the motion now going on. */
  private last: Frame | undefined;
  private width: number | undefined;
  /** Whether media is short now, and whether it was since the last frame. */
  private short = false;
  private wasShort = false;
  private hidden = false;

  constructor(private readonly frames: readonly Frame[]) {}

  see(frame: Frame): void {
    if (this.state === 'startup' && this.moves(frame)) this.begin(frame);
    else if (this.state === 'seeking' && this.arrives(frame)) this.land(frame);
    else if (this.state === 'playing') this.play(frame);
    if (this.state === 'playing') this.weigh(frame);
  }

  hear(act: Dated): void {
    const { at } = act;
    if (act.kind === 'short' || act.kind === 'fed') this.supply(act.kind === 'short');
    else if (act.kind === 'rate') this.rate = act.rate;
    else if (act.kind === 'hide' || act.kind === 'show') this.turn(act.kind === 'hide');
    else if (this.state === 'over' && act.kind !== 'play') return;
    else if (act.kind === 'play') this.ask(at);
    else if (act.kind === 'pause') this.pause(at);
    else if (act.kind === 'seek') this.seek(at, act.to);
    else if (act.kind === 'ended') this.stop(at, 'finished');
    else if (act.kind === 'failed') this.stop(at, 'failed');
    else if (act.kind === 'end' || act.kind === 'change') this.stop(at, 'stopped');
  }

  told(): Truth {
    return this.truth;
  }

  private supply(short: boolean): void {
    this.short = short;
    this.wasShort ||= short;
  }

  private turn(hidden: boolean): void {
    this.hidden = hidden;
    if (this.state === 'startup') this.spoilt = true;
  }

  private ask(at: number): void {
    this.isPaused = false;
    if (this.state === 'paused') {
      this.truth.paused += at - this.since;
      this.enter('playing', at);
      this.last = undefined;
    } else if (this.state === 'idle' || this.state === 'over') {
      // After the end the viewer waits for a frame again, but a view has one startup.
      if (this.begun) this.enter('playing', at);
      else this.enter('startup', at);
      this.last = undefined;
    }
  }

  private pause(at: number): void {
    this.isPaused = true;
    if (this.state === 'seeking') return;
    this.close(at);
    if (this.state !== 'idle') this.enter('paused', at);
  }

  private seek(at: number, to: number): void {
    this.close(at);
    this.target = to;
    // Before the first frame the viewer waits for that one, wherever it is.
    if (this.state === 'startup') this.spoilt = true;
    else if (this.state !== 'idle' && this.state !== 'seeking') this.enter('seeking', at);
  }

  private stop(at: number, end: Truth['end']): void {
    this.close(at);
    if (this.state === 'startup') this.truth.startupWait += at - this.since;
    if (this.state === 'seeking') this.truth.seeking += at - this.since;
    if (this.state === 'paused') this.truth.paused += at - this.since;
    this.truth.exitBeforeStart =
      !this.begun && end === 'stopped' && this.state !== 'idle' && at - this.since >= EXIT_MS;
    this.truth.end = end;
    this.enter('over', at);
  }

  private begin(frame: Frame): void {
    const waited = frame.at - this.since;
    this.truth.startupWait += waited;
    if (!this.spoilt && !this.hidden) this.truth.startup = waited;
    this.begun = true;
    this.enter('playing', frame.at);
    this.last = frame;
    this.wasShort = false;
  }

  private land(frame: Frame): void {
    this.truth.seeking += frame.at - this.since;
    this.truth.seeks += 1;
    this.begun = true;
    this.enter(this.isPaused ? 'paused' : 'playing', frame.at);
    this.last = frame;
    this.wasShort = false;
  }

  /** Time since the last frame, or since playback was asked to go on. */
  private play(frame: Frame): void {
    this.spend(frame.at);
    this.since = frame.at;
    this.last = frame;
  }

  /** Playback ends at `at` by what somebody did. */
  private close(at: number): void {
    if (this.state === 'playing') this.spend(at);
    this.last = undefined;
  }

  private spend(at: number): void {
    const gap = at - (this.last?.at ?? this.since);
    // The last frame stands for its own time before anything is missing.
    const own = this.last ? Math.min(gap, FRAME_MS / this.rate) : 0;
    const isStall = this.wasShort && gap - own > STALL_MS;
    if (isStall) this.truth.stalls.push(gap - own);
    this.truth.playing += isStall ? own : gap;
    this.wasShort = this.short;
  }

  private enter(state: State, at: number): void {
    this.state = state;
    this.since = at;
    this.wasShort = this.short;
  }

  /** Whether this frame is of a picture in motion: another one follows at once. */
  private moves(frame: Frame): boolean {
    const next = this.frames[this.frames.indexOf(frame) + 1];
    const step = next ? next.media - frame.media : 0;
    if (!next || step <= 0 || step > JUMP_S) return false;
    return next.at - frame.at - (step * 1_000) / this.rate <= STILL_MS;
  }

  private arrives(frame: Frame): boolean {
    const near = Math.abs(frame.media - this.target) < NEAR_S;
    return near && (this.isPaused || this.moves(frame));
  }

  private weigh({ width }: Frame): void {
    if (this.width !== undefined && width !== this.width) this.truth.switches += 1;
    this.width = width;
  }
}
