// A page with a stand-in for hls.js whose view takes no time: it says what a player says of its segments, under a clock the
// harness turns. With the SDK where `endpoint` names a gateway.

import { attachSdk } from './sdk.ts';
import { Element } from './stand-in-element.ts';
import { Player } from './stand-in-player.ts';
import { watchRequests } from './under-way.ts';

declare global {
  interface Window {
    view: {
      begin(): void;
      /** What `act` names happens in the player. */
      act(act: 'segment' | 'stall' | 'resume' | 'switch'): void;
      /** Resolves once no request is being made ready or under way. */
      settled(): Promise<void>;
      /** Events the SDK lost to a full queue. */
      dropped(): number;
    };
  }
}

const query = new URLSearchParams(location.search);
const settled = watchRequests();
const media = new Element();
const player = new Player(media, Number(query.get('segment') ?? 2));
const endpoint = query.get('endpoint');
const downloadWeight = Number(query.get('weight')) || undefined;
const client = endpoint ? await attachSdk(player, endpoint, { downloadWeight }) : undefined;

window.view = {
  begin() {
    player.loadManifest();
    media.say('loadedmetadata');
    media.start();
    player.loadSegment();
    media.resume();
    player.switchLevel();
  },
  act(act) {
    if (act === 'segment') player.loadSegment();
    else if (act === 'switch') player.switchLevel();
    else media[act]();
  },
  settled,
  dropped: () => client?.dropped ?? 0,
};
