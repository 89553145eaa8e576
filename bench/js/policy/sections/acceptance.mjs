// The acceptance test over many seeds: of the shipped policy, and with learning off.

import { loadEngine } from '../../../../dist/node.mjs';
import { verdict } from '../../direct/lib/contest.mjs';
import { newPolicy } from '../lib/choose.mjs';

export async function acceptance({ quick, seeds }) {
  const engine = await loadEngine();
  const settings = quick ? { holdout: 57, training: 38, cycles: 1 } : {};
  const passed = { full: 0, off: 0 };
  const counts = { cheaper: 0, rate: 0, rules: 0 };
  console.log('| seed | C/A | C/B where the rules are wrong | B/A | solve rates A, B, C | regret | passed | off |\n|---|---|---|---|---|---|---|---|');
  for (let seed = 1; seed <= seeds; seed++) {
    const manifests = {};
    for (const learning of ['full', 'off']) {
      const policy = await newPolicy(engine, { learning, seed });
      manifests[learning] = await policy.acceptance(engine, { ...settings, seed });
      policy.dispose();
      passed[learning] += Number(manifests[learning].passed);
    }
    const { verdicts, modes } = manifests.full;
    const value = (name) => verdicts[name].value.estimate;
    const rates = ['a', 'b', 'c'].map((mode) => modes[mode].at(-1).solveRate.toFixed(3));
    counts.cheaper += Number(value('costOverFixed') <= 0.75);
    counts.rate += Number(value('solveRate') >= 0);
    counts.rules += Number(value('rulesOverFixed') <= 1 && value('rulesOverFixed') !== 1);
    const figures = ['costOverFixed', 'costOverRules', 'rulesOverFixed'].map((name) => value(name).toFixed(3));
    console.log(`| ${seed} | ${figures.join(' | ')} | ${rates.join(', ')} | ${value('regret').toFixed(3)} | ${manifests.full.passed} | ${manifests.off.passed} |`);
  }
  engine.dispose();
  return [
    verdict('share of seeds in which C is cheaper than A by 25 %', counts.cheaper / seeds, { atLeast: 0.95 }),
    verdict('share of seeds in which C solves no fewer than A', counts.rate / seeds, { atLeast: 1 }),
    verdict('share of seeds in which B is no dearer than A and not A', counts.rules / seeds, { atLeast: 1 }),
    verdict('share of seeds that pass', passed.full / seeds, { atLeast: 0.95 }),
    verdict('share of seeds that pass with learning off', passed.off / seeds, { atMost: 0 }),
  ];
}
