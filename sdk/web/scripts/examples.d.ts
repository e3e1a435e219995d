// What the examples of the pages take for granted: the page's own element, address and player.

declare const endpoint: string;
declare const video: HTMLVideoElement;
declare const qoe: import('@openqoe/sdk').OpenQoe;
declare const adsManager: import('@openqoe/sdk/ima').AdsManager;
