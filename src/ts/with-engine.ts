import { Engine, getDefaultEngine } from './engine.js';
import { LacunaError } from './errors.js';
import { checkObject, describe } from './sparse/validate.js';

/** The engine that options of a top-level function name, or the default one, and the other options. */
export async function withEngine<T extends { engine?: Engine }>(options: T): Promise<[Engine, Omit<T, 'engine'>]> {
  checkObject(options);
  const { engine, ...rest } = options;
  if (engine !== undefined && !(engine instanceof Engine)) {
    throw new LacunaError('invalid-option', `must be an Engine, got ${describe(engine)}`, {
      argument: 'options.engine',
      remedy: 'Make one with loadEngine()',
    });
  }
  return [engine ?? (await getDefaultEngine()), rest];
}
