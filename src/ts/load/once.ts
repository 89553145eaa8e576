/**
 * Makes a slow `start` happen once per key: concurrent callers share its promise, later ones its
 * result. A failure reaches everybody who waits and is then forgotten, so the next call tries again.
 */
export function oncePerKey<K, V>(start: (key: K) => Promise<V>): (key: K) => Promise<V> {
  const started = new Map<K, Promise<V>>();
  return (key) => {
    const known = started.get(key);
    if (known !== undefined) return known;
    const fresh = start(key).catch((error: unknown) => {
      started.delete(key);
      throw error;
    });
    started.set(key, fresh);
    return fresh;
  };
}
