// Log-log line charts side by side, as an SVG for the documentation. Colours have enough contrast on
// white and on dark pages.

const PANEL = { width: 420, height: 330, left: 62, right: 20, top: 44, bottom: 52 };
const COLORS = { grid: '#1f77b4', expander: '#d9660d' };
/** Dashes in each other's gaps, where lines of both families coincide. */
const DASHES = { grid: '6 6', expander: '0 6 6 0' };

const superscript = (exponent) => `<tspan dy="-5" font-size="9">${exponent}</tspan>`;
const exponents = (low, high) => Array.from({ length: high - low + 1 }, (_, k) => low + k);
const span = (values) => [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];

/** `panels`: [{title, x, y, lines: [{name, family, dashed, points: [[x, y], …]}]}]. */
export function charts(panels) {
  const width = PANEL.width * panels.length;
  const height = PANEL.height + 24 * Math.ceil(panels[0].lines.length / 2);
  const body = panels.map((panel, k) => `<g transform="translate(${PANEL.width * k} 0)">${chart(panel)}</g>`).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#fff"/>
${body}
${legend(panels[0].lines, PANEL.height)}
</svg>
`;
}

function chart({ title, x, y, lines }) {
  const points = lines.flatMap((line) => line.points);
  const [x0, x1] = span(points.map(([value]) => value));
  const [y0, y1] = span(points.map(([, value]) => value));
  const { width, height, left, right, top, bottom } = PANEL;
  const px = (value) => left + ((Math.log10(value) - x0) / (x1 - x0)) * (width - left - right);
  const py = (value) => height - bottom - ((Math.log10(value) - y0) / (y1 - y0)) * (height - top - bottom);
  const ticks = [
    ...exponents(x0, x1).map((e) => `<path d="M${px(10 ** e)} ${top}V${height - bottom}" stroke="#ddd"/><text x="${px(10 ** e)}" y="${height - bottom + 18}" text-anchor="middle" fill="#333">10${superscript(e)}</text>`),
    ...exponents(y0, y1).map((e) => `<path d="M${left} ${py(10 ** e)}H${width - right}" stroke="#ddd"/><text x="${left - 6}" y="${py(10 ** e) + 4}" text-anchor="end" fill="#333">10${superscript(e)}</text>`),
  ];
  const curves = lines.map(({ family, dashed, points: list }) => {
    const path = list.map(([a, b], k) => `${k === 0 ? 'M' : 'L'}${px(a).toFixed(1)} ${py(b).toFixed(1)}`).join('');
    const dots = dashed ? '' : list.map(([a, b]) => `<circle cx="${px(a).toFixed(1)}" cy="${py(b).toFixed(1)}" r="3" fill="${COLORS[family]}"/>`).join('');
    return `<path d="${path}" fill="none" stroke="${COLORS[family]}" stroke-width="2"${dashed ? ` stroke-dasharray="${DASHES[family]}"` : ''}/>${dots}`;
  });
  return [
    `<text x="${(left + width - right) / 2}" y="24" text-anchor="middle" font-size="14" fill="#111">${title}</text>`,
    ...ticks,
    ...curves,
    `<text x="${(left + width - right) / 2}" y="${height - 12}" text-anchor="middle" fill="#111">${x}</text>`,
    `<text transform="translate(14 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle" fill="#111">${y}</text>`,
  ].join('\n');
}

function legend(lines, top) {
  return lines
    .map(({ name, family, dashed }, k) => {
      const x = 70 + PANEL.width * (k % 2);
      const y = top + 10 + 22 * Math.floor(k / 2);
      return `<path d="M${x} ${y}h28" stroke="${COLORS[family]}" stroke-width="2"${dashed ? ` stroke-dasharray="${DASHES[family]}"` : ''}/><text x="${x + 36}" y="${y + 4}" fill="#111">${name}</text>`;
    })
    .join('\n');
}
