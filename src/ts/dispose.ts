/**
 * What has a scope: `using solver = await createSolver(A)` disposes of it at the end of the block.
 * Empty for TypeScript libraries that do not know `Symbol.dispose`.
 */
export type Scoped = typeof Symbol extends { readonly dispose: infer D extends symbol } ? { [K in D]: () => void } : object;

/** Makes a class with `dispose()` usable with `using`, where the engine has `Symbol.dispose`. */
export function makeScoped(target: { readonly prototype: { dispose(): void } }): void {
  const symbol = (Symbol as { dispose?: symbol }).dispose;
  if (symbol === undefined) return;
  Object.defineProperty(target.prototype, symbol, {
    value(this: { dispose(): void }) {
      this.dispose();
    },
    configurable: true,
    writable: true,
  });
}
