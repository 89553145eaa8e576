// The map: a layer with the graph, drawn anew when the view changes, and the region of the answer on
// top of it. Drawing 10⁵ vertices takes a while, so that a view in motion shows the old layer, scaled.

import { HEIGHT, WIDTH } from './graph.mjs';

const MARGIN = 24;
const LEVELS = 32;
const LEAST = -10;
/** Edges a path: long paths are slow. */
const PIECE = 4096;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Colors as style.css has them for the scheme of the moment. */
function readColors() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const stops = [0, 1, 2, 3].map((k) => color(`ramp-${k}`));
  const part = (hex, at) => Number.parseInt(hex.slice(1 + 2 * at, 3 + 2 * at), 16);
  const ramp = Array.from({ length: LEVELS }, (_, level) => {
    const place = (level / (LEVELS - 1)) * (stops.length - 1);
    const k = Math.min(Math.floor(place), stops.length - 2);
    const mix = (at) => Math.round(part(stops[k], at) + (place - k) * (part(stops[k + 1], at) - part(stops[k], at)));
    return `rgb(${mix(0)} ${mix(1)} ${mix(2)})`;
  });
  return { page: color('page'), edge: color('edge'), warm: color('warm'), pin: color('pin'), ramp };
}

/**
 * Shows `graph` on a canvas. `onPick(vertex)` is called for a click. Gives {show(vertex, indices,
 * weights), zoom(factor), all(), region()}.
 */
export function createView(canvas, graph, onPick) {
  const { n, x, y, source, target, warmth, spacing } = graph;
  const context = canvas.getContext('2d');
  const layer = document.createElement('canvas');
  const first = new Int32Array(n + 1);
  for (const u of source) first[u + 1]++;
  for (let v = 0; v < n; v++) first[v + 1] += first[v];
  const warm = Array.from({ length: n }, (_, v) => v).filter((v) => warmth[v] > 0);
  /** 0 for a vertex that is not shown, else its level + 1. */
  const shown = new Uint8Array(n);
  let colors = readColors();
  let region = { vertex: -1, indices: [] };
  /** Pixels of the canvas are scale·place + offset; `drawn` is what the layer was drawn for. */
  let view = { scale: 1, left: 0, top: 0 };
  let drawn = view;
  let fitted = true;
  let frame = 0;
  let late = 0;

  const density = () => Math.max(1, window.devicePixelRatio);

  function fit(left, top, right, bottom, most) {
    const pad = MARGIN * density();
    const scale = Math.min((canvas.width - 2 * pad) / (right - left), (canvas.height - 2 * pad) / (bottom - top), most);
    move({
      scale,
      left: canvas.width / 2 - (scale * (left + right)) / 2,
      top: canvas.height / 2 - (scale * (top + bottom)) / 2,
    });
  }

  function all() {
    fit(0, 0, WIDTH, HEIGHT, Infinity);
    fitted = true;
    drawLayer();
  }

  function around() {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const v of region.indices) {
      [left, right] = [Math.min(left, x[v]), Math.max(right, x[v])];
      [top, bottom] = [Math.min(top, y[v]), Math.max(bottom, y[v])];
    }
    if (left > right) return;
    fit(left, top, right, bottom, (40 * density()) / spacing);
    drawLayer();
  }

  function move(to) {
    view = to;
    fitted = false;
    request();
    clearTimeout(late);
    late = setTimeout(drawLayer, 150);
  }

  function zoomAt(factor, px, py) {
    const whole = Math.min(canvas.width / WIDTH, canvas.height / HEIGHT);
    const scale = clamp(view.scale * factor, 0.5 * whole, (60 * density()) / spacing);
    const ratio = scale / view.scale;
    move({ scale, left: px - ratio * (px - view.left), top: py - ratio * (py - view.top) });
  }

  function request() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  }

  function drawLayer() {
    clearTimeout(late);
    const { scale, left, top } = view;
    layer.width = canvas.width;
    layer.height = canvas.height;
    const to = layer.getContext('2d');
    const step = spacing * scale;
    const inside = (v) => {
      const px = scale * x[v] + left;
      const py = scale * y[v] + top;
      return px > -2 * step && px < layer.width + 2 * step && py > -2 * step && py < layer.height + 2 * step;
    };
    to.strokeStyle = colors.edge;
    to.lineWidth = clamp(0.13 * step, 0.45, 2 * density());
    for (let from = 0; from < source.length; from += PIECE) {
      const end = Math.min(from + PIECE, source.length);
      to.beginPath();
      for (let e = from; e < end; e++) {
        const [u, v] = [source[e], target[e]];
        if (!inside(u)) continue;
        to.moveTo(scale * x[u] + left, scale * y[u] + top);
        to.lineTo(scale * x[v] + left, scale * y[v] + top);
      }
      to.stroke();
    }
    to.fillStyle = colors.warm;
    for (const v of warm) {
      if (!inside(v)) continue;
      to.globalAlpha = warmth[v];
      dot(to, v, Math.max(0.3 * step, 0.5 * density()));
    }
    to.globalAlpha = 1;
    drawn = view;
    request();
  }

  function dot(to, v, radius) {
    to.beginPath();
    to.arc(view.scale * x[v] + view.left, view.scale * y[v] + view.top, radius, 0, 2 * Math.PI);
    to.fill();
  }

  function draw() {
    const { scale, left, top } = view;
    context.fillStyle = colors.page;
    context.fillRect(0, 0, canvas.width, canvas.height);
    const ratio = scale / drawn.scale;
    context.drawImage(layer, left - ratio * drawn.left, top - ratio * drawn.top, ratio * layer.width, ratio * layer.height);
    drawRegion(scale, left, top);
  }

  function drawRegion(scale, left, top) {
    const step = spacing * scale;
    const levels = Array.from({ length: LEVELS }, () => []);
    for (const v of region.indices) levels[shown[v] - 1].push(v);
    context.lineWidth = clamp(0.2 * step, 0.8, 4 * density());
    levels.forEach((vertices, level) => {
      if (vertices.length === 0) return;
      context.strokeStyle = context.fillStyle = colors.ramp[level];
      context.beginPath();
      for (const u of vertices) {
        for (let e = first[u]; e < first[u + 1]; e++) {
          const v = target[e];
          if (shown[v] === 0) continue;
          context.moveTo(scale * x[u] + left, scale * y[u] + top);
          context.lineTo(scale * x[v] + left, scale * y[v] + top);
        }
      }
      context.stroke();
      const radius = Math.max(0.34 * step, 0.6 * density());
      for (const v of vertices) dot(context, v, radius);
    });
    if (region.vertex < 0) return;
    const px = scale * x[region.vertex] + left;
    const py = scale * y[region.vertex] + top;
    const size = Math.max(4 * density(), 0.55 * step);
    for (const [color, width] of [[colors.page, 4], [colors.pin, 2]]) {
      context.strokeStyle = color;
      context.lineWidth = width * density();
      context.beginPath();
      context.arc(px, py, size, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  function show(vertex, indices, weights) {
    for (const v of region.indices) shown[v] = 0;
    region = { vertex, indices };
    indices.forEach((v, k) => {
      const height = 1 - Math.log10(Math.abs(weights[k])) / LEAST;
      shown[v] = 1 + clamp(Math.round(height * (LEVELS - 1)), 0, LEVELS - 1);
    });
    request();
  }

  // Pointers: one drags or clicks, two pinch.
  const pointers = new Map();
  let travelled = 0;
  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (pointers.size === 0) travelled = 0;
    pointers.set(event.pointerId, placeOf(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = placeOf(event);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (travelled < 6 * density()) return;
    if (other === undefined) {
      move({ ...view, left: view.left + now[0] - before[0], top: view.top + now[1] - before[1] });
    } else {
      const length = ([px, py]) => Math.max(Math.hypot(px - other[0], py - other[1]), 1);
      zoomAt(length(now) / length(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    }
  });
  const release = (event) => {
    if (!pointers.delete(event.pointerId) || event.type === 'pointercancel') return;
    if (pointers.size > 0 || travelled >= 6 * density()) return;
    const [px, py] = placeOf(event);
    const vertex = graph.nearest((px - view.left) / view.scale, (py - view.top) / view.scale);
    if (vertex >= 0) onPick(vertex);
  };
  canvas.addEventListener('pointerup', release);
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      zoomAt(Math.exp(-clamp(event.deltaY, -200, 200) / 300), ...placeOf(event));
    },
    { passive: false },
  );

  new ResizeObserver(() => {
    const { width, height } = canvas.getBoundingClientRect();
    canvas.width = Math.round(width * density());
    canvas.height = Math.round(height * density());
    if (fitted) all();
    else drawLayer();
  }).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colors = readColors();
    drawLayer();
  });

  return { show, zoom: (factor) => zoomAt(factor, canvas.width / 2, canvas.height / 2), all, region: around };
}
