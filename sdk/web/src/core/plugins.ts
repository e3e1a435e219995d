// Runs what the page has added. Foreign code: one that throws is undone and asked nothing more.

import type { Guard } from './guard.js';
import type { Plugin, PluginContext } from './plugin.js';

export interface Plugins {
  _add(plugin: Plugin): void;
  /** Starts those that are not running. */
  _start(): void;
  _stop(): void;
  /** Asks each for something. */
  _each(action: (plugin: Plugin) => void): void;
}

/** The client. */
export interface PluginHost extends PluginContext {
  readonly _guard: Guard;
}

export function createPlugins(context: PluginHost): Plugins {
  const { _warn: warn, _safely: safely } = context._guard;
  // Each plugin, and while it runs what undoes it.
  const undoing = new Map<Plugin, (() => void) | undefined>();

  function each(action: (plugin: Plugin) => void): void {
    for (const plugin of [...undoing.keys()]) {
      try {
        action(plugin);
      } catch (error) {
        warn(`plugin ${plugin.name} stopped: ${error}`);
        stop(plugin);
        undoing.delete(plugin);
      }
    }
  }
  function stop(plugin: Plugin): void {
    safely(() => undoing.get(plugin)?.());
    undoing.set(plugin, undefined);
  }
  function start(): void {
    each((plugin) => {
      if (!undoing.get(plugin)) undoing.set(plugin, plugin.start?.(context) || (() => {}));
    });
  }

  return {
    _add(plugin) {
      undoing.set(plugin, undefined);
      if (context.sessionId) start();
    },
    _start: start,
    _stop: () => each(stop),
    _each: each,
  };
}
