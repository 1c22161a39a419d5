// What is shown, kept in the address after #, so that a view can be kept as a link.
const state = { x: 'p99', y: null, xs: 'log', ys: 'linear', colour: null, query: '', unstable: true, filters: {}, limits: {}, sort: null, chosen: null, all: false, hide: [] };

function readState() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const one = (key, fits, otherwise) => hash.has(key) && fits(hash.get(key)) ? hash.get(key) : otherwise;
  const known = v => v in figures, scale = v => v === 'log' || v === 'linear';
  state.x = one('x', known, 'p99');
  state.y = one('y', known, good.some(r => figures.metric.of(r) !== null) ? 'metric' : 'macs');
  state.xs = one('xs', scale, 'log');
  state.ys = one('ys', scale, state.y === 'metric' ? 'linear' : 'log');
  state.colour = one('colour', v => v in dimensions || v === 'model', ['task', 'provider', 'device', 'threads', 'size'].find(d => varying.includes(d)) || 'model');
  state.query = hash.get('q') || '';
  state.unstable = hash.get('unstable') !== 'no';
  state.filters = Object.fromEntries(varying.filter(d => hash.has(d)).map(d => [d, hash.getAll(d)]));
  state.limits = {};
  for (const [key, value] of hash) {
    if (key.startsWith('limit.') && key.slice(6) in figures && Number(value) > 0) state.limits[key.slice(6)] = Number(value);
  }
  // Who asked for a budget sees it; any other state in the address is what it says.
  if (!location.hash && data.budgets.length) state.limits = { ...data.budgets[0].limits };
  state.sort = hash.get('sort');
  const chosen = Number(hash.get('row'));
  state.chosen = hash.has('row') && data.rows[chosen] && data.rows[chosen].error === null ? chosen : null;
  state.hide = hash.getAll('hide');
  state.all = hash.has('all');
}

function writeState() {
  const hash = new URLSearchParams();
  hash.set('x', state.x);
  hash.set('y', state.y);
  hash.set('xs', state.xs);
  hash.set('ys', state.ys);
  hash.set('colour', state.colour);
  if (state.query) hash.set('q', state.query);
  if (!state.unstable) hash.set('unstable', 'no');
  for (const [dimension, values] of Object.entries(state.filters)) values.forEach(v => hash.append(dimension, v));
  for (const [figure, value] of Object.entries(state.limits)) hash.set(`limit.${figure}`, Number(value.toPrecision(6)));
  if (state.sort) hash.set('sort', state.sort);
  if (state.chosen !== null) hash.set('row', state.chosen);
  state.hide.forEach(g => hash.append('hide', g));
  if (state.all) hash.set('all', '1');
  history.replaceState(null, '', `#${hash}`);
}

// Rows that pass the filters; failed ones too, unless asked otherwise.
const passes = r => Object.entries(state.filters).every(([d, values]) => !values.length || values.includes(dimensions[d](r)))
  && (state.unstable || r.stable || r.error !== null) && r.model.toLowerCase().includes(state.query.toLowerCase());
const shown = () => good.filter(passes);

const keeps = (figure, limit, value) => value !== null && (figure.greater ? value >= limit : value <= limit);
const fits = r => Object.entries(state.limits).every(([name, limit]) => keeps(figures[name], limit, figures[name].of(r)));
