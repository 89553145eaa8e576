// Finds families and contenders by their folders: adding one is adding a file.

import { readdirSync } from 'node:fs';

async function modules(folder) {
  const base = new URL(`../${folder}/`, import.meta.url);
  const files = readdirSync(base).filter((file) => file.endsWith('.mjs')).sort();
  return Promise.all(files.map((file) => import(new URL(file, base).href)));
}

export const families = () => modules('families');

/** Every contender with a unique name; throws on a duplicate, since the name is the key of all results. */
export async function contenders() {
  const all = (await modules('contenders')).flatMap((module) => module.contenders);
  const names = new Set();
  for (const { name } of all) {
    if (names.has(name)) throw new Error(`two contenders are called "${name}"`);
    names.add(name);
  }
  return all;
}
