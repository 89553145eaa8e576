import { Entries } from './entries.js';
import { family, sizeBetween } from './family.js';

/**
 * Modified nodal analysis of a circuit at a point of its simulation: resistors and linearized
 * transistors between nodes that lie near each other, a supply net that many of them hang on, and
 * voltage sources, whose currents are unknowns without a diagonal entry.
 */
export const circuit = family('circuit', (random, difficulty) => {
  const nodes = sizeBetween(100, 3500, difficulty);
  const sources = Math.max(1, Math.round(nodes * random.between(0.005, 0.08)));
  const reach = random.integer(3, 40);
  const near = (i: number) => Math.min(nodes - 1, Math.max(0, i + random.integer(-reach, reach)));
  const entries = new Entries();
  const resistors = Math.round(nodes * random.between(1.2, 2.5));
  for (let k = 0; k < resistors; k++) {
    const i = random.integer(0, nodes - 1);
    const j = random.chance(0.02) ? random.integer(0, nodes - 1) : near(i);
    if (i !== j) entries.addEdge(i, j, random.octaves(-10, 3));
  }
  // Transconductances: the current from drain to source follows the voltage of a gate.
  const transistors = Math.round(nodes * random.between(0.1, 0.6));
  for (let k = 0; k < transistors; k++) {
    const drain = random.integer(0, nodes - 1);
    const [source, gate] = [near(drain), near(drain)];
    const gain = random.octaves(-8, 2);
    if (source === drain) continue;
    entries.add(drain, gate, gain);
    entries.add(drain, source, -gain);
    entries.add(source, gate, -gain);
    entries.add(source, source, gain);
  }
  for (let i = 0; i < nodes; i++) {
    // Leakage to ground, and the supply.
    entries.add(i, i, random.octaves(-20, -8));
    if (i > 0 && random.chance(0.05)) entries.addEdge(0, i, random.octaves(-6, 2));
  }
  for (let k = 0; k < sources; k++) {
    const row = nodes + k;
    const plus = Math.floor((k * nodes) / sources);
    entries.addPair(row, plus, 1);
    // From a node to ground, or to one that no other source holds.
    const minus = plus + 1;
    if (minus < Math.floor(((k + 1) * nodes) / sources) && random.chance(0.5)) entries.addPair(row, minus, -1);
  }
  return entries.matrix(nodes + sources);
});
