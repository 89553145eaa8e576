// All sections, in the order they run.

export const SECTIONS = {
  grid: 'flat cost on grids and meshes',
  expander: 'flat cost on expanders, with confidence',
  ppr: 'personalised PageRank on a power-law graph',
  pagerank: 'global PageRank',
  rates: 'engine rates on cold data',
  peer: 'beside sublinear-time-solver',
  full: 'one entry against a full solve',
  planner: 'the planner against every way',
  tightness: 'bound over true error',
  plot: 'work against size and accuracy, as a picture',
};
