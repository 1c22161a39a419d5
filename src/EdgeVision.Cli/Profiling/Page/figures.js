const data = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);

// Elements are made, never parsed: a name out of a file stays a name.
function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'tone') element.style.setProperty('--tone', value);
    else if (key === 'width') element.style.width = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter(c => c !== null && c !== undefined && c !== false));
  return element;
}

// What is left out is false or null.
const fill = (element, ...children) => element.replaceChildren(...children.filter(c => c !== null && c !== undefined && c !== false));

function draw(tag, properties, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key === 'tone') element.style.setProperty('--tone', value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const digits = v => {
  const size = Math.abs(v);
  return size >= 1000 ? v.toFixed(0) : size >= 100 ? v.toFixed(1) : size >= 1 ? v.toFixed(2) : size >= 0.1 ? v.toFixed(3) : String(Number(v.toFixed(4)));
};
const thousands = v => {
  const [scale, unit] = v >= 1e9 ? [1e9, ' G'] : v >= 1e6 ? [1e6, ' M'] : v >= 1e3 ? [1e3, ' K'] : [1, ''];
  const scaled = v / scale;
  return (scale === 1 ? scaled.toFixed(0) : scaled >= 100 ? scaled.toFixed(0) : scaled >= 10 ? scaled.toFixed(1) : scaled.toFixed(2)) + unit;
};
const many = (n, what) => `${n} ${what}${n === 1 ? '' : 's'}`;
const score = v => v.toFixed(3);

// name: [title, unit, whether more is better, of a row, how it is written]
const figures = Object.fromEntries([
  ['p50', 'p50', 'ms', false, r => r.p50_ms], ['p90', 'p90', 'ms', false, r => r.p90_ms], ['p95', 'p95', 'ms', false, r => r.p95_ms],
  ['p99', 'p99', 'ms', false, r => r.p99_ms], ['p999', 'p99.9', 'ms', false, r => r.p999_ms], ['max', 'max', 'ms', false, r => r.max_ms],
  ['mean', 'mean', 'ms', false, r => r.mean_ms], ['fps', 'throughput', 'fps', true, r => r.throughput_fps],
  ['memory', 'peak memory', 'MB', false, r => r.peak_rss_mb], ['energy', 'energy', 'J', false, r => r.energy && r.energy.joules_per_run],
  ['load', 'load', 'ms', false, r => r.load_ms], ['first', 'first run', 'ms', false, r => r.first_ms], ['cpu', 'processor', '%', false, r => r.cpu_percent],
  ['model', 'model size', 'MB', false, r => r.model_mb], ['params', 'params', '', false, r => r.params, thousands],
  ['macs', 'MACs', '', false, r => r.macs === null ? null : r.macs / Math.max(1, r.batch), thousands], ['metric', 'metric', '', true, r => r.metric, score],
].map(([name, title, unit, greater, of, write]) => [name, {
  name, title, unit, greater,
  of: r => { const v = r.error === null ? of(r) : null; return typeof v === 'number' && Number.isFinite(v) ? v : null; },
  write: v => v === null ? '' : (write || digits)(v),
  text: v => v === null ? 'not known' : (write || digits)(v) + (unit ? '\u00a0' + unit : ''),
}]));

const size = r => r.width && r.height ? `${r.width}×${r.height}` : 'own size';
const pace = r => /open/i.test(r.mode) ? `${Number((r.rate_fps || 0).toFixed(2))} fps` : 'closed loop';
const emulated = r => !!(r.machine && r.machine.emulated);
const dimensions = {
  device: r => r.device || 'this device', task: r => r.task || 'no task', provider: r => r.provider, threads: r => `${r.threads}`, size,
  batch: r => `${r.batch}`, precision: r => r.precision, pace,
};
const unique = values => [...new Set(values)];
const varying = Object.keys(dimensions).filter(d => unique(data.rows.map(dimensions[d])).length > 1);

function configuration(r) {
  const parts = [size(r)];
  if (varying.includes('batch')) parts.push(`batch ${r.batch}`);
  if (varying.includes('provider')) parts.push(r.provider);
  parts.push(`${r.threads} thread${r.threads === 1 ? '' : 's'}`);
  if (varying.includes('precision')) parts.push(r.precision);
  if (pace(r) !== 'closed loop') parts.push(pace(r));
  if (varying.includes('device')) parts.push(dimensions.device(r));
  return parts.join(' · ');
}

// Rows whose accuracy is the same thing on the same device; without a metric the MACs stand in.
const groupKey = r => JSON.stringify([r.device, r.task, figures.metric.of(r) === null ? null : r.metric_name || 'metric']);
function groupName(r) {
  const [, task, metric] = JSON.parse(groupKey(r));
  return `${task || 'models'}${metric ? `, ${metric}` : ', no metric'}${varying.includes('device') ? ` · ${dimensions.device(r)}` : ''}`;
}
const accuracy = r => figures.metric.of(r) === null ? figures.macs : figures.metric;

data.rows.forEach((r, i) => r.id = i);
const good = data.rows.filter(r => r.error === null);
