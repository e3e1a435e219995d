// How the SDK tells a developer that something is wrong without ever getting in the way of the page it runs on.

export interface Guard {
  _warn(message: string): void;
  /** Does what may fail in foreign hands; a failure becomes a warning. */
  _safely<T>(action: () => T): T | undefined;
}

/** Without a callback only the first message reaches the console: a gateway that is down is not worth a flood. */
export function createGuard(callback: ((message: string) => void) | undefined): Guard {
  let told = false;

  function warn(message: string): void {
    try {
      if (callback) callback(message);
      else if (!told) console.warn(`OpenQoe: ${message}`);
    } catch {
      // The host's callback failed; there is nobody left to tell.
    }
    told = true;
  }

  return {
    _warn: warn,
    _safely(action) {
      try {
        return action();
      } catch (error) {
        warn(`${error}`);
      }
    },
  };
}
