// One section in a process of its own, so that memory and compiled code of one don't weigh on another.

import { writeFileSync } from 'node:fs';
import { Report } from './report.mjs';

const [name, options, out] = process.argv.slice(2);
const { run } = await import(new URL(`../sections/${name}.mjs`, import.meta.url).href);
const report = new Report();
await run(report, JSON.parse(options));
writeFileSync(out, JSON.stringify({ raw: report.raw, targets: report.targets }));
process.exit(0);
