const text = (key, title, of) => ({ key, title, text: true, of, write: v => v });
const number = name => ({ key: name, title: name === 'memory' ? 'peak MB' : name === 'model' ? 'MB' : name === 'energy' ? 'J/run' : name === 'cpu' ? 'CPU %' : name === 'first' ? 'first ms' : name === 'load' ? 'load ms' : name === 'fps' ? 'fps' : figures[name].title, of: figures[name].of, write: figures[name].write });
const columnGroups = [
  ['Configuration', [text('name', 'model', r => r.model), ...varying.map(d => ({ ...text(d, d, dimensions[d]), order: d === 'size' ? r => (r.width || 0) * (r.height || 0) : d === 'threads' || d === 'batch' ? r => r[d] : null }))]],
  ['Accuracy', [number('metric'), text('metric_name', 'of', r => r.metric_name || '')]],
  ['Latency, ms', ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'].map(number)],
  ['Use', ['fps', 'memory', 'cpu', 'energy'].map(number)],
  ['Start', ['load', 'first'].map(number)],
  ['Network', ['model', 'macs', 'params'].map(number)],
].map(([title, columns]) => [title, columns.filter(c => good.some(r => c.of(r) !== null && c.of(r) !== ''))]).filter(([, columns]) => columns.length);

function sorted(rows) {
  const key = (state.sort || '').replace(/^-/, ''), column = columnGroups.flatMap(g => g[1]).find(c => c.key === key);
  if (!column) return rows;
  const of = column.order || column.of, sign = state.sort.startsWith('-') ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [of(a), of(b)];
    // What is not known comes last either way.
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (typeof x === 'string' ? x.localeCompare(y, 'en', { numeric: true }) : x - y);
  });
}

function buildGroups(changed) {
  byId('groups').append(...columnGroups.slice(1).map(([title]) => make('label', {}, make('input', {
    type: 'checkbox', checked: !state.hide.includes(title), onchange: e => {
      state.hide = e.target.checked ? state.hide.filter(g => g !== title) : [...state.hide, title];
      changed();
    },
  }), title)));
}

function showTable(select, changed) {
  const groups = columnGroups.filter(([title]) => !state.hide.includes(title)), front = new Set(fronts(shown().filter(r => figures[state.x].of(r) !== null && figures[state.y].of(r) !== null)).flat());
  const sortBy = key => {
    state.sort = state.sort === key ? `-${key}` : key;
    changed();
    const again = byId('table').querySelector(`button[data-sort="${key}"]`);
    if (again) again.focus();
  };
  const head = make('thead', {},
    make('tr', {}, ...groups.map(([title, columns], i) => make('th', { colspan: columns.length, scope: 'colgroup', class: i ? 'start' : null }, title))),
    make('tr', {}, ...groups.flatMap(([, columns], i) => columns.map((c, j) => make('th', {
      scope: 'col', class: `${c.text ? 'text' : ''} ${i && !j ? 'start' : ''}`, 'aria-sort': state.sort === c.key ? 'ascending' : state.sort === `-${c.key}` ? 'descending' : null,
    }, make('button', { type: 'button', 'data-sort': c.key, onclick: () => sortBy(c.key) }, c.title))))));
  const body = make('tbody', {}, ...sorted(shown()).map(r => make('tr', { class: `${fits(r) ? '' : 'off'} ${state.chosen === r.id ? 'chosen' : ''}` }, ...groups.flatMap(([, columns], i) => columns.map((c, j) => {
    const value = c.of(r);
    const cell = c.key === 'name' ? [make('span', { class: 'mark', title: marksInWords(r, front) }, marks(r, front)), make('button', { type: 'button', title: r.model, onclick: () => select(r.id) }, r.model)] : [c.text ? value : c.write(value)];
    return make('td', { class: `${c.text ? 'text' : ''} ${i && !j ? 'start' : ''}` }, ...cell);
  })))));
  byId('table').replaceChildren(head, body);
  const failed = data.rows.filter(r => r.error !== null && passes(r)), reasons = shown().filter(r => !r.stable);
  byId('table-title').textContent = `All figures: ${many(shown().length, 'configuration')}`;
  fill(byId('failed'),
    shown().length > 0 && make('p', { class: 'soft' }, `* nothing beats it by the axes above${reasons.length ? ' · ~ unstable' : ''}${shown().some(emulated) ? ' · e emulated: times say nothing of the real processor' : ''}`),
    ...reasons.map(r => make('p', { class: 'flag' }, `unstable: ${r.model} · ${configuration(r)}: ${r.unstable.join('; ') || 'no reason given'}`)),
    ...failed.map(r => make('p', { class: 'error' }, `failed: ${r.model} · ${configuration(r)}: ${r.error}`)));
}

const marks = (r, front) => `${front.has(r) ? '*' : ''}${r.stable ? '' : '~'}${emulated(r) ? 'e' : ''}`;
const marksInWords = (r, front) => [front.has(r) ? 'nothing beats it' : '', r.stable ? '' : 'unstable', emulated(r) ? 'emulated' : ''].filter(Boolean).join(', ');
