// @openqoe/sdk: reports what a web video player does to an OpenQoE gateway. Adapters, plugins and the offline store have
// entry points of their own, so that a page carries only what it uses.

export type { Adapter, Attachment, Report, Sample } from './core/adapter.js';
export type { Attributes, EventBody, Failure, SessionEnd, Trigger } from './core/generated.js';
export { SPEC_VERSION } from './core/generated.js';
export type { OfflineStore } from './core/offline-store.js';
export { type Asset, type ErrorOptions, OpenQoe } from './core/openqoe.js';
export type { Consent, Options } from './core/options.js';
export type { Plugin, PluginContext } from './core/plugin.js';
export type { Entry } from './core/queue.js';
export { SDK_VERSION } from './core/version.js';
