// Knows when the page waits for nothing real: simulated time must not pass while a request is on its way. The platform's own
// functions are watched, because the SDK behaves otherwise when it is handed a `fetch`.

/** Returns the function that resolves once nothing is being compressed and no request is under way. */
export function watchRequests(): () => Promise<void> {
  let underWay = 0;
  const send = window.fetch;
  window.fetch = async (...args) => {
    // What was compressed is the body of this request.
    if (args[1]?.body instanceof Blob) underWay -= 1;
    underWay += 1;
    try {
      return await send(...args);
    } finally {
      underWay -= 1;
    }
  };
  const Native = window.CompressionStream;
  window.CompressionStream = class extends Native {
    constructor(format: CompressionFormat) {
      super(format);
      underWay += 1;
    }
  };
  return async () => {
    do await turn();
    while (underWay > 0);
    // What follows an answer has a turn of its own.
    await turn();
  };
}

/** A turn of the real event loop; timers belong to the harness. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
