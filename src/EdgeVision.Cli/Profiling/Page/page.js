function showHead() {
  const models = unique(data.rows.map(r => r.model)).length, machines = unique(data.rows.map(r => r.machine && r.machine.cpu).filter(Boolean));
  const devices = unique(data.rows.map(dimensions.device)), failed = data.rows.length - good.length;
  byId('title').textContent = `${many(models, 'model')} in ${many(data.rows.length, 'configuration')}${devices.length > 1 ? ` on ${devices.length} devices` : devices[0] === 'this device' ? '' : ` on ${devices[0]}`}`;
  const of = key => unique(data.rows.map(r => r.machine && r.machine[key]).filter(Boolean)).join(' and ');
  const dates = unique(data.rows.map(r => r.measured_at && String(r.measured_at).slice(0, 10)).filter(Boolean)).sort();
  byId('about').textContent = [machines.join(', '), of('edgevision') && `EdgeVision ${of('edgevision')}`, of('onnxruntime') && `ONNX Runtime ${of('onnxruntime')}`,
    dates.length > 1 ? `${dates[0]} to ${dates[dates.length - 1]}` : dates[0], failed ? `${failed} failed` : null].filter(Boolean).join(' · ');
}

function buildFilters() {
  const box = byId('filters');
  for (const dimension of varying) {
    const values = unique(data.rows.map(dimensions[dimension])).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    box.append(make('fieldset', {}, make('legend', {}, dimension), ...values.map(v => make('button', { type: 'button', 'data-dimension': dimension, 'data-value': v, onclick: () => {
      const now = state.filters[dimension] || [];
      state.filters[dimension] = now.includes(v) ? now.filter(o => o !== v) : [...now, v];
      if (!state.filters[dimension].length) delete state.filters[dimension];
      show();
    } }, v))));
  }
  box.append(make('input', { type: 'search', placeholder: 'model…', 'aria-label': 'Models whose name contains', value: state.query, oninput: e => { state.query = e.target.value; show(); } }));
  if (good.some(r => !r.stable)) box.append(make('label', {}, make('input', { type: 'checkbox', checked: state.unstable, onchange: e => { state.unstable = e.target.checked; show(); } }), 'unstable too'));
}

function buildAxes() {
  const known = Object.keys(figures).filter(f => good.some(r => figures[f].of(r) !== null));
  const choose = (label, key, options, names) => {
    const select = make('select', { 'aria-label': label, onchange: e => { state[key] = e.target.value; show(); } }, ...options.map((o, i) => make('option', { value: o, selected: state[key] === o }, names ? names[i] : figures[o].title)));
    return make('label', {}, label, select);
  };
  const log = (key, axis) => make('label', {}, make('input', { type: 'checkbox', checked: state[key] === 'log', onchange: e => { state[key] = e.target.checked ? 'log' : 'linear'; show(); }, 'aria-label': `${axis} axis by ratios` }), 'log');
  const colours = ['model', ...varying];
  byId('axes').replaceChildren(choose('up', 'y', known), log('ys', 'upward'), choose('across', 'x', known), log('xs', 'across'), choose('colour', 'colour', colours, colours));
}

function select(id) {
  state.chosen = state.chosen === id ? null : id;
  show();
  if (state.chosen !== null) byId('detail').scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
}

function show() {
  hideTip();
  const choices = choose(shown());
  for (const button of byId('filters').querySelectorAll('button')) button.setAttribute('aria-pressed', (state.filters[button.dataset.dimension] || []).includes(button.dataset.value));
  showScatter(select, choices);
  showLimits();
  showPicks(choices, select);
  showDetail(() => select(state.chosen));
  showTable(select, show);
  showStrips(select, show);
  writeState();
}

// Where nothing has figures there is nothing to draw: the table's reasons remain.
if (!good.length) for (const part of [byId('filters'), document.querySelector('.top'), byId('groups'), byId('strips').parentElement]) part.hidden = true;
readState();
showHead();
buildFilters();
buildAxes();
buildLimits(show);
buildGroups(show);
show();
let resized;
addEventListener('resize', () => { cancelAnimationFrame(resized); resized = requestAnimationFrame(() => showScatter(select, choose(shown()))); });
// An address that is typed or followed shows what it says.
addEventListener('hashchange', () => location.reload());
