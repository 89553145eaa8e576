// A positive function on a closed mesh as SVG: orthographic view, painter's sort, logarithmic colors.

import { curvedPatch, vertexNormals } from './mesh.mjs';

const WIDTH = 1200;
const HEIGHT = 960;
/** Pieces an edge is cut into: small facets make a smooth surface. */
const LEVEL = 4;

// A facet's outline has its own color, so that no hairline shows between neighbors.
const STYLE =
  '.surface path{fill:currentColor;stroke:currentColor;stroke-width:.9;stroke-linejoin:round}' +
  '.surface .line{fill:none;stroke:#fff;stroke-opacity:.6;stroke-width:1.5;stroke-linecap:round}' +
  '.tick{stroke:#2a2630;stroke-width:1}';

// Cold to hot, even steps in lightness.
const COLORS = ['#2b2a7c', '#4a2391', '#6f2a95', '#952f8f', '#bd3c80', '#e0506a', '#f7765a', '#fda063', '#fed08a', '#fffbc4']
  .map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));

const mix = (a, b, s) => a.map((value, k) => value + s * (b[k] - value));
const hex = (rgb) => `#${rgb.map((v) => Math.round(Math.min(255, Math.max(0, v))).toString(16).padStart(2, '0')).join('')}`;
const unit = (v) => v.map((component) => component / Math.hypot(...v));
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** s in [0, 1] */
function colorAt(s) {
  const at = Math.min(1, Math.max(0, s)) * (COLORS.length - 1);
  const low = Math.min(COLORS.length - 2, Math.floor(at));
  return mix(COLORS[low], COLORS[low + 1], at - low);
}

/** Turns the model about the vertical axis, then tips it toward the viewer; z points at the viewer. */
function camera({ turn, tilt }) {
  const [sy, cy, sx, cx] = [Math.sin(turn), Math.cos(turn), Math.sin(tilt), Math.cos(tilt)];
  return ([x, y, z]) => {
    const across = cy * x + sy * z;
    const toward = cy * z - sy * x;
    return [across, cx * y - sx * toward, sx * y + cx * toward];
  };
}

/** Corner triples of a triangle cut into LEVEL² pieces, in barycentric coordinates. */
function pieces() {
  const at = (i, j) => [(LEVEL - i - j) / LEVEL, i / LEVEL, j / LEVEL];
  const list = [];
  for (let i = 0; i < LEVEL; i++) {
    for (let j = 0; i + j < LEVEL; j++) {
      list.push([at(i, j), at(i + 1, j), at(i, j + 1)]);
      if (i + j < LEVEL - 1) list.push([at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)]);
    }
  }
  return list;
}

const KEY_LIGHT = unit([-0.45, 0.75, 0.6]);
const FILL_LIGHT = unit([0.8, 0.1, 0.5]);
const HALFWAY = unit([KEY_LIGHT[0], KEY_LIGHT[1], KEY_LIGHT[2] + 1]);

/** Diffuse key and fill light, a soft gloss, edges a little darker. */
function shade(rgb, normal) {
  const key = Math.max(0, dot(normal, KEY_LIGHT));
  const fill = Math.max(0, dot(normal, FILL_LIGHT));
  const light = 0.6 + 0.46 * key + 0.12 * fill - 0.2 * (1 - normal[2]) ** 3;
  const gloss = 48 * Math.max(0, dot(normal, HALFWAY)) ** 32;
  return rgb.map((value) => value * light + gloss);
}

const blend = (three, bary) => three[0].map((_, k) => three[0][k] * bary[0] + three[1][k] * bary[1] + three[2][k] * bary[2]);

/** Visible facets, far to near: {points (model to screen by `place`), depth, normal, levels}. */
function facets(mesh, levels, view) {
  const points = mesh.positions.map(view);
  const normals = vertexNormals(mesh).map(view);
  const cut = pieces();
  const list = [];
  for (const cell of mesh.cells) {
    const three = cell.map((v) => points[v]);
    const threeNormals = cell.map((v) => normals[v]);
    const threeLevels = cell.map((v) => [levels[v]]);
    const patch = curvedPatch(three, threeNormals);
    for (const corners of cut) {
      const [a, b, c] = corners.map(patch);
      // Twice the signed area on the screen: facets that face away are not drawn.
      if ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0) continue;
      const middle = blend(corners, [1 / 3, 1 / 3, 1 / 3]);
      list.push({
        points: [a, b, c],
        depth: a[2] + b[2] + c[2],
        normal: unit(blend(threeNormals, middle)),
        levels: corners.map((bary) => blend(threeLevels, bary)[0]),
      });
    }
  }
  return list.sort((p, q) => p.depth - q.depth);
}

const short = (value) => String(Math.round(value * 10) / 10);
const pair = ([x, y]) => `${short(x)} ${short(y)}`;

/** The piece of the line level = value inside a facet, or nothing. */
function contour(screen, levels, value) {
  const ends = [];
  for (let k = 0; k < 3; k++) {
    const [p, q] = [levels[k], levels[(k + 1) % 3]];
    if (p < value !== q < value) ends.push(mix(screen[k], screen[(k + 1) % 3], (value - p) / (q - p)));
  }
  return ends.length === 2 ? `<path class="line" d="M${pair(ends[0])}L${pair(ends[1])}"/>` : '';
}

function surface(list, place, decades) {
  return list.map(({ points, normal, levels }) => {
    const screen = points.map(place);
    const level = (levels[0] + levels[1] + levels[2]) / 3;
    const fill = hex(shade(colorAt(1 + level / decades), normal));
    const value = Math.ceil(Math.min(...levels));
    const line = value > -decades && value < 0 && value <= Math.max(...levels) ? contour(screen, levels, value) : '';
    return `<path color="${fill}" d="M${screen.map(pair).join('L')}z"/>${line}`;
  });
}

function legend(decades) {
  const [x, top, height] = [WIDTH - 128, 250, 460];
  const stops = COLORS.map((rgb, k) => `<stop offset="${k / (COLORS.length - 1)}" stop-color="${hex(rgb)}"/>`).join('');
  const ticks = Array.from({ length: decades + 1 }, (_, k) => {
    const y = top + (k * height) / decades;
    const label = k === 0 ? '1' : `10<tspan dy="-6" font-size="11">−${k}</tspan>`;
    return `<path class="tick" d="M${x + 26} ${y}h7"/><text x="${x + 39}" y="${y + 5}" font-size="15">${label}</text>`;
  });
  return [
    `<linearGradient id="heat" x1="0" y1="1" x2="0" y2="0">${stops}</linearGradient>`,
    `<text x="${x}" y="${top - 24}" font-size="16">u / max u</text>`,
    `<rect x="${x}" y="${top}" width="26" height="${height}" rx="4" fill="url(#heat)"/>`,
    ...ticks,
  ];
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/**
 * @param mesh {positions, cells}, closed, counterclockwise from outside
 * @param values one positive number a vertex; drawn as log10(value / largest), `decades` deep
 * @param options {title, lines: string[], decades, turn, tilt (radians)}
 */
export function picture(mesh, values, { title, lines, decades, turn, tilt }) {
  const largest = values.reduce((a, b) => Math.max(a, b));
  const levels = Array.from(values, (value) => Math.log10(Math.max(value / largest, 1e-300)));
  const list = facets(mesh, levels, camera({ turn, tilt }));

  // Fit the drawn surface into the space left of the legend and under the title.
  const box = { left: 60, right: WIDTH - 190, top: 150, bottom: HEIGHT - 90 };
  const range = (k) => list.reduce(([low, high], { points }) => {
    const own = points.map((p) => p[k]);
    return [Math.min(low, ...own), Math.max(high, ...own)];
  }, [Infinity, -Infinity]);
  const [x0, x1] = range(0);
  const [y0, y1] = range(1);
  const scale = Math.min((box.right - box.left) / (x1 - x0), (box.bottom - box.top) / (y1 - y0));
  const shift = (box.left + box.right - scale * (x0 + x1)) / 2;
  const place = ([x, y]) => [shift + scale * x, box.bottom - scale * (y - y0)];

  const middle = shift + (scale * (x0 + x1)) / 2;
  const reach = (scale * (x1 - x0)) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="Helvetica, Arial, sans-serif" fill="#2a2630">`,
    `<style>${STYLE}</style>`,
    '<radialGradient id="ground"><stop offset="0" stop-color="#2a2038" stop-opacity=".42"/><stop offset=".55" stop-color="#2a2038" stop-opacity=".2"/><stop offset="1" stop-color="#2a2038" stop-opacity="0"/></radialGradient>',
    '<radialGradient id="sky" cx=".42" cy=".45" r=".8"><stop offset="0" stop-color="#ffffff"/><stop offset="1" stop-color="#e9e4ee"/></radialGradient>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="url(#sky)"/>`,
    `<ellipse cx="${short(middle)}" cy="${short(box.bottom - 12)}" rx="${short(reach * 1.12)}" ry="${short(reach * 0.19)}" fill="url(#ground)"/>`,
    '<g class="surface">',
    ...surface(list, place, decades),
    '</g>',
    `<text x="60" y="68" font-size="31" font-weight="bold">${escape(title)}</text>`,
    ...lines.map((line, k) => `<text x="60" y="${99 + 24 * k}" font-size="17" fill="#5d5668">${escape(line)}</text>`),
    ...legend(decades),
    '</svg>',
  ].join('\n');
}
