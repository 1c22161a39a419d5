const margin = { left: 74, right: 22, top: 14, bottom: 44 };
// Eight that tell apart; more share the circle of hues.
const palette = (i, of = 8) => of <= 8 ? `var(--c${i % 8})` : `light-dark(oklch(.56 .16 ${360 * i / of}), oklch(.76 .13 ${360 * i / of}))`;

// On the second axis MACs and params stand for what a network can do: more is better there.
const direction = (name, axis) => axis === 'y' && (name === 'macs' || name === 'params') ? true : figures[name].greater;

function fronts(rows) {
  const groups = new Map();
  const key = r => state.x === 'metric' || state.y === 'metric' ? groupKey(r) : JSON.stringify([r.device, r.task]);
  for (const r of rows) groups.set(key(r), [...groups.get(key(r)) || [], r]);
  const value = (r, axis) => (direction(state[axis], axis) ? -1 : 1) * figures[state[axis]].of(r);
  return [...groups.values()].map(all => {
    const points = all.map(r => [r, value(r, 'x'), value(r, 'y')]);
    return points.filter(([, x, y]) => !points.some(([, a, b]) => a <= x && b <= y && (a < x || b < y))).sort((a, b) => a[1] - b[1]).map(p => p[0]);
  });
}

function scaleOf(values, log, from, to) {
  let low = Math.min(...values), high = Math.max(...values);
  const useLog = log && low > 0;
  const f = useLog ? Math.log10 : v => v;
  let [a, b] = [f(low), f(high)];
  const pad = b > a ? (b - a) * 0.06 : useLog ? 0.1 : Math.abs(a) * 0.1 || 1;
  a -= pad;
  b += pad;
  const ticks = useLog ? logTicks(10 ** a, 10 ** b) : linearTicks(a, b);
  return { at: v => from + (f(v) - a) / (b - a) * (to - from), ticks };
}

function logTicks(low, high) {
  const of = steps => {
    const ticks = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
      for (const m of steps) if (m * 10 ** e >= low && m * 10 ** e <= high) ticks.push(m * 10 ** e);
    }
    return ticks;
  };
  const ticks = of([1, 2, 5]);
  return ticks.length > 12 ? of([1]) : ticks.length >= 3 ? ticks : linearTicks(low, high);
}

function linearTicks(low, high) {
  const raw = (high - low) / 9, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= raw);
  const ticks = [];
  for (let t = Math.ceil(low / step) * step; t <= high; t += step) ticks.push(Number(t.toPrecision(12)));
  return ticks;
}

const tickText = (figure, v) => figure.name === 'macs' || figure.name === 'params' ? thousands(v).replace(/\.(\d*?)0+(?= |$)/, (_, kept) => kept ? `.${kept}` : '') : String(Number(v.toPrecision(4)));
const axisName = (name, rows) => {
  const metrics = unique(rows.map(r => r.metric_name).filter(Boolean));
  const figure = figures[name];
  return name === 'metric' ? (metrics.length === 1 ? metrics[0] : 'metric') : name === 'macs' ? 'MACs of a frame' : figure.title + (figure.unit ? `, ${figure.unit}` : '');
};

let order = [], focused = null;

function showScatter(select, picks) {
  const box = byId('scatter'), all = shown(), fx = figures[state.x], fy = figures[state.y];
  const rows = all.filter(r => fx.of(r) !== null && fy.of(r) !== null);
  byId('chart-title').textContent = `${axisName(state.y, rows)} against ${axisName(state.x, rows)}`.replace(/^[a-z](?=[a-z ])/, c => c.toUpperCase());
  const missing = all.length - rows.length;
  byId('left-out').textContent = missing ? `${missing} of ${all.length} configurations have no ${all.some(r => fx.of(r) === null) ? fx.title : fy.title} and are not drawn.${state.y === 'metric' ? ' Choose MACs as the second axis to see them.' : ''}` : '';
  if (!rows.length) {
    box.replaceChildren(make('p', { class: 'soft' }, 'Nothing to draw: no configuration passes the filters and has both figures.'));
    return;
  }

  const width = Math.max(280, box.clientWidth), height = Math.max(300, Math.min(520, width * 0.58));
  const x = scaleOf(rows.map(fx.of), state.xs === 'log', margin.left, width - margin.right);
  const y = scaleOf(rows.map(fy.of), state.ys === 'log', height - margin.bottom, margin.top);
  const svg = draw('svg', { viewBox: `0 0 ${width} ${height}`, height, tabindex: 0, role: 'group', 'aria-label': `${many(rows.length, 'configuration')}. Arrow keys walk through them, Enter chooses one.` });
  let room = -Infinity;
  for (const t of x.ticks) {
    svg.append(draw('line', { class: 'grid', x1: x.at(t), x2: x.at(t), y1: margin.top, y2: height - margin.bottom }));
    if (x.at(t) - room < 34) continue;
    room = x.at(t);
    svg.append(draw('text', { x: x.at(t), y: height - margin.bottom + 17, 'text-anchor': 'middle' }, tickText(fx, t)));
  }
  for (const t of y.ticks) {
    svg.append(draw('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y.at(t), y2: y.at(t) }),
      draw('text', { x: margin.left - 8, y: y.at(t) + 4, 'text-anchor': 'end' }, tickText(fy, t)));
  }
  svg.append(draw('text', { class: 'axis-name', x: (margin.left + width - margin.right) / 2, y: height - 6, 'text-anchor': 'middle' }, axisName(state.x, rows)),
    draw('text', { class: 'axis-name', transform: `translate(11 ${(height - margin.bottom + margin.top) / 2}) rotate(-90)`, 'text-anchor': 'middle' }, axisName(state.y, rows)));
  shadeLimits(svg, x, y, width, height);

  const colourOf = state.colour === 'model' ? r => r.model : dimensions[state.colour];
  const colours = unique(data.rows.map(colourOf)), tone = r => palette(colours.indexOf(colourOf(r)), colours.length);
  const lines = fronts(rows), onFront = new Set(lines.flat());
  for (const line of lines.filter(l => l.length > 1)) {
    const oneTone = unique(line.map(tone));
    svg.append(draw('path', { class: 'front', tone: oneTone.length === 1 ? oneTone[0] : 'var(--soft)', d: line.map((r, i) => i ? `H${x.at(fx.of(r))}V${y.at(fy.of(r))}` : `M${x.at(fx.of(r))} ${y.at(fy.of(r))}`).join('') }));
  }
  const chosen = new Set(picks.map(p => p.pick).filter(Boolean));
  // Those that fit lie on top.
  const marks = new Map();
  for (const r of [...rows].sort((a, b) => fits(a) - fits(b) || onFront.has(a) - onFront.has(b))) {
    const radius = onFront.has(r) ? 6.5 : 5, [px, py] = [x.at(fx.of(r)), y.at(fy.of(r))];
    const style = `dot${fits(r) ? '' : ' off'}${r.stable ? '' : ' unstable'}`;
    const mark = emulated(r) ? draw('rect', { class: style, tone: tone(r), x: px - radius * 0.9, y: py - radius * 0.9, width: radius * 1.8, height: radius * 1.8 }) : draw('circle', { class: style, tone: tone(r), cx: px, cy: py, r: radius });
    mark.addEventListener('pointerenter', e => showTip(r, e.clientX, e.clientY));
    mark.addEventListener('pointerleave', hideTip);
    mark.addEventListener('click', () => select(r.id));
    marks.set(r, mark);
    svg.append(mark);
    if (chosen.has(r)) svg.append(draw('circle', { class: 'ring pick', cx: px, cy: py, r: radius + 4 }));
    if (state.chosen === r.id) svg.append(draw('circle', { class: 'ring', cx: px, cy: py, r: radius + 7 }));
  }
  nameThem(svg, [...chosen].filter(r => marks.has(r)), width < 520 ? [] : [...onFront].filter(r => fits(r) && !chosen.has(r)), rows, r => [x.at(fx.of(r)), y.at(fy.of(r))], width, height);

  order = [...rows].sort((a, b) => fx.of(a) - fx.of(b) || fy.of(a) - fy.of(b));
  svg.addEventListener('keydown', event => walk(event, marks, select));
  svg.addEventListener('blur', hideTip);
  const hadFocus = box.contains(document.activeElement);
  box.replaceChildren(svg, legend(rows, colours, colourOf));
  if (hadFocus) svg.focus();
}

// What exceeds a limit on an axis is shaded.
function shadeLimits(svg, x, y, width, height) {
  const clamp = (v, a, b) => Math.min(b, Math.max(a, v)), [bottom, right] = [height - margin.bottom, width - margin.right];
  if (state.limits[state.x]) {
    const at = clamp(x.at(state.limits[state.x]), margin.left, right), more = figures[state.x].greater;
    svg.append(draw('rect', { class: 'limit', x: more ? margin.left : at, y: margin.top, width: more ? at - margin.left : right - at, height: bottom - margin.top }),
      draw('line', { class: 'limit-edge', x1: at, x2: at, y1: margin.top, y2: bottom }));
  }
  if (state.limits[state.y]) {
    const at = clamp(y.at(state.limits[state.y]), margin.top, bottom), more = figures[state.y].greater;
    svg.append(draw('rect', { class: 'limit', x: margin.left, y: more ? at : margin.top, width: right - margin.left, height: more ? bottom - at : at - margin.top }),
      draw('line', { class: 'limit-edge', x1: margin.left, x2: right, y1: at, y2: at }));
  }
}

// Names where there is room: the picks first, then the front; never over another name, and over a dot only where a pick would go without.
function nameThem(svg, picks, front, rows, at, width, height) {
  const taken = rows.map(at).map(([px, py]) => [px - 6, py - 6, px + 6, py + 6]);
  const name = r => r.model.length > 26 ? r.model.slice(0, 25) + '…' : r.model;
  for (const r of [...picks, ...front.sort((a, b) => at(a)[0] - at(b)[0])]) {
    const [px, py] = at(r), text = `${name(r)}${varying.includes('size') && r.width ? ` ${r.width}` : ''}`, w = text.length * 6.5 + 4;
    const places = [[11, -5, 'start'], [-11, -5, 'end'], [11, 14, 'start'], [-11, 14, 'end'], [0, -14, 'middle'], [0, 23, 'middle'], [4, -22, 'start'], [-4, 28, 'end']];
    const place = (dx, dy, anchor, over) => {
      const lx = px + dx, ly = py + dy, left = lx - { start: 0, middle: w / 2, end: w }[anchor], box = [left, ly - 11, left + w, ly + 3];
      if (box[0] < margin.left || box[2] > width - 4 || box[1] < 2 || box[3] > height - margin.bottom) return false;
      if (taken.some((t, i) => (i >= rows.length || !over) && t[0] < box[2] && t[2] > box[0] && t[1] < box[3] && t[3] > box[1])) return false;
      taken.push(box);
      svg.append(draw('text', { class: picks.includes(r) ? 'name pick' : 'name', x: lx, y: ly, 'text-anchor': anchor }, text));
      return true;
    };
    places.some(p => place(...p, false)) || picks.includes(r) && places.some(p => place(...p, true));
  }
}

function walk(event, marks, select) {
  const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
  if (event.key === 'Escape') { focused = null; hideTip(); return; }
  if (event.key === 'Enter' && focused !== null) { select(focused); return; }
  if (!step || !order.length) return;
  event.preventDefault();
  const now = order.findIndex(r => r.id === focused);
  const next = order[now < 0 ? 0 : (now + step + order.length) % order.length];
  focused = next.id;
  const place = marks.get(next).getBoundingClientRect();
  showTip(next, place.right, place.bottom);
}

function legend(rows, colours, colourOf) {
  const used = colours.filter(c => rows.some(r => colourOf(r) === c));
  const entries = (used.length > 1 && used.length <= 16 ? used : []).map(c => make('span', {}, make('i', { tone: palette(colours.indexOf(c), colours.length) }), state.colour === 'threads' ? `${c} thread${c === '1' ? '' : 's'}` : c));
  entries.push(make('span', {}, make('i', { class: 'dash' }), 'nothing beats these'));
  if (rows.some(r => !r.stable)) entries.push(make('span', {}, make('i', { class: 'unstable' }), 'unstable'));
  if (rows.some(emulated)) entries.push(make('span', {}, make('i', { class: 'emulated' }), 'emulated'));
  return make('div', { class: 'legend' }, ...entries);
}
