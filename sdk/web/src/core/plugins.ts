// Runs what the page has added. Foreign code: one that throws is undone and asked nothing more.

import type { Sample } from './adapter.js';
import type { EventBody } from './generated.js';
import type { Guard } from './guard.js';
import type { Plugin, PluginContext } from './plugin.js';

export interface Plugins {
  _add(plugin: Plugin): void;
  _start(): void;
  _stop(): void;
  _see(event: EventBody): void;
  _sample(): Sample;
}

export function createPlugins(context: PluginContext, { _warn: warn, _safely: safely }: Guard): Plugins {
  // Each plugin with what undoes it.
  const known = new Map<Plugin, (() => void) | void>();
  let running = false;
  let asking = false;

  function ask(plugin: Plugin, action: () => void): void {
    try {
      action();
    } catch (error) {
      warn(`plugin ${plugin.name} stopped: ${error}`);
      undo(plugin);
      known.delete(plugin);
    }
  }
  const undo = (plugin: Plugin) => safely(() => known.get(plugin)?.());
  const start = (plugin: Plugin) => ask(plugin, () => known.set(plugin, plugin.start?.(context)));
  const each = (action: (plugin: Plugin) => void) => {
    for (const plugin of [...known.keys()]) action(plugin);
  };

  return {
    _add(plugin) {
      known.set(plugin, undefined);
      if (running) start(plugin);
    },
    _start() {
      if (!running) each(start);
      running = true;
    },
    _stop() {
      if (running) each(undo);
      running = false;
    },
    _see(event) {
      // What plugins note while they are told is not told to them: two could keep each other busy for ever.
      if (asking || !running) return;
      asking = true;
      each((plugin) => ask(plugin, () => plugin.onEvent?.(event)));
      asking = false;
    },
    _sample() {
      const sample: Sample = {};
      each((plugin) => ask(plugin, () => Object.assign(sample, plugin.sample?.())));
      return sample;
    },
  };
}
