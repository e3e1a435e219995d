// The package's entry points: the name of the file a browser loads, and where its source is.

export const entries = {
  openqoe: 'src/index.ts',
  offline: 'src/offline/offline.ts',
  html5: 'src/adapters/html5.ts',
  hlsjs: 'src/adapters/hlsjs.ts',
  dashjs: 'src/adapters/dashjs.ts',
  videojs: 'src/adapters/videojs.ts',
  shaka: 'src/adapters/shaka.ts',
  ima: 'src/plugins/ima.ts',
  drm: 'src/plugins/drm.ts',
};
