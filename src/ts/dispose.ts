/**
 * What has a scope: `using solver = await createSolver(A)` disposes of it at the end of the block.
 * Empty for TypeScript libraries that do not know `Symbol.dispose`.
 */
export type Scoped = typeof Symbol extends { readonly dispose: infer D extends symbol } ? { [K in D]: () => void } : object;

/**
 * Makes a class with `dispose()` usable with `using`, where the engine has `Symbol.dispose`, and
 * gives it the name that consoles print, which minifying takes away.
 */
export function makeScoped(target: { readonly prototype: { dispose(): void } }, name: string): void {
  Object.defineProperty(target, 'name', { value: name });
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
