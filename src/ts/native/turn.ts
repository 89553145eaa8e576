/**
 * Gives the event loop turns without the 4 ms that browsers add to nested timers. `close` lets a
 * Node process end.
 */
export interface Turns {
  next(): Promise<void>;
  close(): void;
}

export function openTurns(): Turns {
  // Node delivers up to a thousand messages of a port in one go, with no timer in between.
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined) {
    return { next: () => new Promise((resolve) => void setImmediate(resolve)), close: () => {} };
  }
  if (typeof MessageChannel === 'undefined') {
    return { next: () => new Promise((resolve) => setTimeout(resolve)), close: () => {} };
  }
  const { port1, port2 } = new MessageChannel();
  let resume: () => void = () => {};
  port1.onmessage = () => resume();
  return {
    next: () =>
      new Promise((resolve) => {
        resume = resolve;
        port2.postMessage(null);
      }),
    close: () => port1.close(),
  };
}
