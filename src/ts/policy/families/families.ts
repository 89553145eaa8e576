import { circuit } from './circuits.js';
import type { Family } from './family.js';
import { frame } from './frames.js';
import { dominant, expander, geometricGraph, markov, powerLawGraph, smallWorld } from './graphs.js';
import { convection2d, convection3d, grid2d, grid3d, helmholtz, jumps, nearSingular, plate } from './grids.js';
import { mesh, springs } from './meshes.js';
import { darcy, leastSquares, saddle, stokes } from './optimization.js';

/** The families that the shipped policy is trained on. */
export const TRAINED: readonly Family[] = [
  grid2d,
  grid3d,
  mesh,
  geometricGraph,
  powerLawGraph,
  expander,
  circuit,
  convection2d,
  dominant,
  jumps,
  plate,
  frame,
  nearSingular,
  helmholtz,
  saddle,
  darcy,
  leastSquares,
];

/** Families that it never sees before it is judged by them. */
export const HELD_OUT: readonly Family[] = [smallWorld, convection3d, springs, markov, stokes];
