const limited = unique(['p99', 'memory', 'energy', 'fps', 'model', 'load', 'metric', ...data.budgets.flatMap(b => Object.keys(b.limits))]).filter(f => good.some(r => figures[f].of(r) !== null));
const steps = 400;

// A slider runs through the values that rows have, by ratios; its loosest end means that nothing is limited.
function span(figure) {
  const values = good.map(figure.of).filter(v => v !== null && v > 0);
  const given = data.budgets.map(b => b.limits[figure.name]).filter(v => v > 0);
  return [Math.min(...values, ...given) * 0.98, Math.max(...values, ...given) * 1.02];
}

function toSlider(figure, value) {
  const [low, high] = span(figure), share = Math.log(value / low) / Math.log(high / low);
  return Math.round(steps * Math.min(1, Math.max(0, figure.greater ? 1 - share : share)));
}

function fromSlider(figure, position) {
  const [low, high] = span(figure), share = figure.greater ? 1 - position / steps : position / steps;
  return Number((low * (high / low) ** share).toPrecision(3));
}

const titles = { metric: 'Metric', fps: 'Throughput', memory: 'Peak memory', energy: 'Energy of a run', load: 'Load', model: 'Model size', first: 'First run', params: 'Params', macs: 'MACs', max: 'Slowest run', mean: 'Mean latency' };
const limitTitle = figure => `${titles[figure.name] || `${figure.title} latency`} ${figure.greater ? 'at least' : 'at most'}`;

function buildLimits(changed) {
  byId('limits').replaceChildren(...limited.map(name => {
    const figure = figures[name], output = make('output', { for: `limit-${name}` });
    const input = make('input', { type: 'range', min: 0, max: steps, id: `limit-${name}` });
    input.addEventListener('input', () => {
      if (Number(input.value) === steps) delete state.limits[name];
      else state.limits[name] = fromSlider(figure, Number(input.value));
      changed();
    });
    return make('div', { class: 'limit-row', 'data-figure': name }, make('label', { for: `limit-${name}` }, limitTitle(figure)), output, input);
  }));
  byId('presets').replaceChildren(...data.budgets.map((budget, i) => make('button', { type: 'button', 'data-preset': i, onclick: () => { state.limits = { ...budget.limits }; changed(); } }, budget.text)),
    make('button', { type: 'button', 'data-preset': 'none', onclick: () => { state.limits = {}; changed(); } }, 'no limits'));
}

function showLimits() {
  for (const row of byId('limits').children) {
    const figure = figures[row.dataset.figure], limit = state.limits[figure.name], input = row.querySelector('input');
    const text = limit === undefined ? 'any' : figure.text(limit);
    row.classList.toggle('any', limit === undefined);
    row.querySelector('output').textContent = text;
    // Where a hand moves the slider its place is already right.
    if (document.activeElement !== input || limit === undefined) input.value = limit === undefined ? steps : toSlider(figure, limit);
    input.setAttribute('aria-valuetext', text);
  }
  const now = JSON.stringify(Object.entries(state.limits).sort());
  for (const button of byId('presets').children) {
    const limits = button.dataset.preset === 'none' ? {} : data.budgets[button.dataset.preset].limits;
    button.setAttribute('aria-pressed', JSON.stringify(Object.entries(limits).sort()) === now);
  }
}

// The most accurate that fits, then the lowest p99, then the smallest memory: as the command picks.
function choose(rows) {
  const groups = new Map();
  for (const r of rows) groups.set(groupKey(r), [...groups.get(groupKey(r)) || [], r]);
  const or = (v, otherwise) => v === null ? otherwise : v;
  const difference = (a, b) => a === b ? 0 : a - b;
  return [...groups.values()].map(all => {
    const fitting = all.filter(fits).sort((a, b) => difference(or(accuracy(b).of(b), -Infinity), or(accuracy(a).of(a), -Infinity))
      || difference(or(figures.p99.of(a), Infinity), or(figures.p99.of(b), Infinity)) || difference(or(figures.memory.of(a), Infinity), or(figures.memory.of(b), Infinity)));
    return { all, fitting, pick: fitting[0] || null, nearest: fitting.length ? null : nearest(all) };
  });
}

function nearest(rows) {
  const excess = r => Math.max(...Object.entries(state.limits).map(([name, limit]) => {
    const value = figures[name].of(r);
    return value === null ? Infinity : (figures[name].greater ? limit - value : value - limit) / limit;
  }));
  const best = rows.reduce((a, b) => excess(b) < excess(a) ? b : a);
  return excess(best) < Infinity ? best : null;
}

function showPicks(choices, select) {
  byId('picks').replaceChildren(...choices.map(({ all, fitting, pick, nearest: near }) => {
    const row = pick || near;
    const named = [accuracy(all[0]), figures.p99, ...Object.keys(state.limits).map(n => figures[n])];
    const facts = row && unique(named).map(f => `${f.name === 'metric' ? row.metric_name || 'metric' : f.title} ${f.text(f.of(row))}`).join(', ');
    const body = [make('small', {}, `${groupName(all[0])} — ${fitting.length} of ${all.length} fit`),
      make('b', {}, pick ? pick.model : near ? `nothing fits; ${near.model} comes nearest` : 'nothing fits: a limited figure is not known'),
      row && make('small', {}, configuration(row)), row && make('small', {}, facts),
      row && !row.stable && make('small', { class: 'flag' }, 'unstable: measure it again'), row && emulated(row) && make('small', { class: 'flag' }, 'emulated: its times say nothing of the real processor')];
    return row ? make('button', { type: 'button', class: pick ? 'pick' : 'pick none', onclick: () => select(row.id) }, ...body) : make('div', { class: 'pick none' }, ...body);
  }));
}
