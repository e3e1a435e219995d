// How the SDK tells a developer that something is wrong without ever getting in the way of the page it runs on.

export type Warn = (message: string) => void;

/** Without a callback only the first message reaches the console: a gateway that is down is not worth a flood. */
export function createWarn(callback: Warn | undefined): Warn {
  let told = false;
  return (message) => {
    try {
      if (callback) callback(message);
      else if (!told) console.warn(`OpenQoe: ${message}`);
    } catch {
      // The host's callback failed; there is nobody left to tell.
    }
    told = true;
  };
}
