const stages = [['preprocess', 'preprocess'], ['copy_in', 'copy in'], ['run', 'network'], ['copy_out', 'copy out'], ['postprocess', 'postprocess']];
const facts = (list, tag) => make('dl', { class: 'facts' }, ...list.filter(([, v]) => v !== null && v !== undefined && v !== '').flatMap(([k, v]) => [make('dt', {}, k), make('dd', tag || {}, v)]));
const pairs = (r, names) => names.filter(n => figures[n].of(r) !== null).map(n => [n === 'metric' ? r.metric_name || 'metric' : figures[n].title, figures[n].text(figures[n].of(r))]);

function showTip(r, x, y) {
  const tip = byId('tip');
  fill(tip, make('b', {}, r.model), make('div', { class: 'soft' }, configuration(r)),
    facts(pairs(r, ['p50', 'metric', 'p90', 'fps', 'p99', 'memory', 'p999', 'model', 'max', 'macs', 'load', 'params', 'energy', 'cpu'])),
    r.stable ? null : make('div', { class: 'flag' }, `unstable: ${r.unstable.join('; ') || 'no reason given'}`),
    emulated(r) ? make('div', { class: 'flag' }, 'emulated') : null);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${x + 16 + box.width > innerWidth ? Math.max(4, x - 16 - box.width) : x + 16}px`;
  tip.style.top = `${Math.max(4, Math.min(y + 12, innerHeight - box.height - 8))}px`;
}

const hideTip = () => byId('tip').hidden = true;

// Medians of the windows in their order; the band is 2 % about their middle, so that flat looks flat.
function spark(windows) {
  const sorted = [...windows].sort((a, b) => a - b), middle = sorted[Math.floor(sorted.length / 2)];
  const reach = Math.max(0.05 * middle, ...windows.map(w => Math.abs(w - middle) * 1.1));
  const y = v => 20 - (v - middle) / reach * 18, x = i => windows.length === 1 ? 50 : i / (windows.length - 1) * 100;
  return draw('svg', { class: 'spark', viewBox: '0 0 100 40', preserveAspectRatio: 'none', role: 'img', 'aria-label': `medians of ${windows.length} windows: ${windows.map(digits).join(', ')} ms` },
    draw('path', { class: 'band', d: `M0 ${y(middle * 1.02)}H100V${y(middle * 0.98)}H0Z` }), draw('path', { d: windows.map((w, i) => `${i ? 'L' : 'M'}${x(i)} ${y(w)}`).join('') }));
}

function stack(r) {
  const total = stages.reduce((sum, [key]) => sum + r.stages_ms[key], 0);
  const text = stages.filter(([key]) => r.stages_ms[key] > 0).map(([key, title]) => `${title} ${digits(r.stages_ms[key])} ms`).join(', ');
  return make('div', { class: 'stack', role: 'img', 'aria-label': text, title: text }, ...(total > 0 ? stages.map(([key], i) => make('i', { tone: palette(i), width: `${100 * r.stages_ms[key] / total}%` })) : []));
}

function operators(list) {
  const most = list.slice(0, 8), rest = list.slice(8).reduce((sum, o) => sum + o.share, 0);
  const line = (name, share, ms) => [make('span', {}, name), make('i', { width: `${Math.max(0, Math.min(100, 100 * share))}%` }), make('span', { class: 'num' }, `${(100 * share).toFixed(1)} %${ms === null ? '' : ` · ${digits(ms)} ms`}`)];
  return make('div', { class: 'ops' }, ...most.flatMap(o => line(`${o.name} ×${o.nodes}`, o.share, o.ms)), ...(rest > 0 ? line('others', rest, null) : []));
}

function part(title, ...content) {
  return make('div', {}, make('h3', {}, title), ...content);
}

function showDetail(close) {
  const box = byId('detail'), r = state.chosen === null ? null : data.rows[state.chosen];
  box.hidden = r === null;
  if (r === null) return;
  const between = range => range && `${digits(range.start)} to ${digits(range.end)} (${digits(range.min)} to ${digits(range.max)})`;
  const interval = i => i && `${digits(i[0])} to ${digits(i[1])} ms`;
  const times = t => `p50 ${digits(t.p50)}, p99 ${digits(t.p99)}, max ${digits(t.max)} ms`;
  const m = r.machine || {};
  fill(box,
    make('div', { class: 'bar' }, make('h2', {}, r.model), make('button', { type: 'button', onclick: close }, 'close')),
    make('p', { class: 'soft' }, configuration(r)),
    r.stable ? null : make('p', { class: 'flag' }, `Unstable: ${r.unstable.join('; ') || 'no reason given'}`),
    emulated(r) ? make('p', { class: 'flag' }, 'Emulated: its times say nothing of the real processor.') : null,
    make('div', { class: 'columns' },
      part('Latency', facts([['min', r.min_ms === null ? null : `${digits(r.min_ms)} ms`], ...pairs(r, ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean']), ['deviation', r.stddev_ms === null ? null : `${digits(r.stddev_ms)} ms`],
        ['p50, 95 % sure', interval(r.p50_interval_ms)], ['p99, 95 % sure', interval(r.p99_interval_ms)],
        ['begin to end', r.service_ms && times(r.service_ms)], ['wait in the queue', r.queue_ms && times(r.queue_ms)]])),
      part('Cost', facts([...pairs(r, ['metric', 'fps', 'memory']), ['before the model', r.base_rss_mb === null ? null : `${digits(r.base_rss_mb)} MB`], ...pairs(r, ['load', 'first', 'cpu', 'energy', 'model', 'params', 'macs']),
        ['temperature, °C', between(r.temperature_c)], ['frequency, MHz', between(r.frequency_mhz)], ['metric from', r.metric_source], ['runs', `${r.iterations} in ${digits(r.seconds)} s`], ['warm-up', `${r.warmup_iterations} runs`]])),
      make('div', {}, ...(r.stages_ms ? [make('h3', {}, 'Stages'), stack(r), stageKey(r)] : []),
        ...(r.windows_p50_ms && r.windows_p50_ms.length ? [make('h3', {}, 'Median over the measurement'), spark(r.windows_p50_ms), make('p', { class: 'soft' }, `${r.windows_p50_ms.length} windows; the band is 2 % to either side`)] : [])),
      r.operators && r.operators.length ? part('Operators', operators(r.operators)) : null,
      part('Machine', facts([['device', r.device], ['processor', m.cpu], ['board', m.board], ['cores', m.cores], ['kernels', m.kernels], ['system', m.system], ['governor', m.governor], ['EdgeVision', m.edgevision],
        ['ONNX Runtime', m.onnxruntime], ['.NET', m.dotnet], ['measured', r.measured_at && new Date(r.measured_at).toISOString().slice(0, 16).replace('T', ' ') + ' UTC'], ['model file', r.model_sha256 && r.model_sha256.slice(0, 12)]]))));
}

const stageKey = r => make('div', { class: 'legend' }, ...stages.map(([key, title], i) => r === null || r.stages_ms[key] > 0 ? make('span', {}, make('i', { tone: palette(i) }), r === null ? title : `${title} ${digits(r.stages_ms[key])} ms`) : null));
