// @openqoe/sdk: reports what a web video player does to an OpenQoE gateway. Adapters have entry points of their own,
// so that a page carries only the one it uses.

export type { Adapter, Attachment, Report, Sample } from './core/adapter.js';
export type { Attributes, EventBody, Failure, SessionEnd, Trigger } from './core/generated.js';
export { SPEC_VERSION } from './core/generated.js';
export { type Asset, OpenQoe } from './core/openqoe.js';
export type { Options } from './core/options.js';
export { SDK_VERSION } from './core/version.js';
