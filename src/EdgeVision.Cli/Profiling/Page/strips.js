const fewStrips = 30;

function showStrips(select, changed) {
  const rows = sorted(shown()).filter(r => r.p50_ms > 0 && r.max_ms > 0), some = state.all ? rows : rows.slice(0, fewStrips);
  byId('more').hidden = some.length === rows.length;
  byId('more').textContent = `Show all ${rows.length}`;
  byId('more').onclick = () => { state.all = true; changed(); };
  if (!rows.length) {
    byId('strips').replaceChildren();
    return;
  }

  const low = Math.min(...rows.map(r => r.min_ms || r.p50_ms)) * 0.9, high = Math.max(...rows.map(r => r.max_ms)) * 1.1;
  const at = v => 1000 * Math.log(Math.max(v, low) / low) / Math.log(high / low);
  const ticks = make('div', { class: 'ticks' }), places = logTicks(low, high);
  for (const t of places) {
    const tick = make('span', {}, `${Number(t.toPrecision(3))}${t === places[places.length - 1] ? ' ms' : ''}`);
    tick.style.left = `${at(t) / 10}%`;
    ticks.append(tick);
  }
  const staged = rows.some(r => r.stages_ms), windowed = rows.some(r => r.windows_p50_ms && r.windows_p50_ms.length > 1);
  byId('keys').textContent = 'The line is the median, the bar reaches p90, then p99, then p99.9; the thin line runs from the fastest to the slowest run.';
  byId('strips').replaceChildren(
    make('div', { class: 'strip head' }, make('span', {}, 'configuration'), ticks, make('div', {}, staged ? stageKey(null) : ''), make('span', {}, windowed ? 'median over time' : '')),
    ...some.map(r => make('div', { class: `strip ${fits(r) ? '' : 'off'}` },
      make('button', { type: 'button', onclick: () => select(r.id) }, r.model, make('small', {}, configuration(r))),
      range(r, at), r.stages_ms ? stack(r) : make('span'), r.windows_p50_ms && r.windows_p50_ms.length > 1 ? spark(r.windows_p50_ms) : make('span'))));
}

function range(r, at) {
  const bar = (from, to, height, opacity) => from > 0 && to >= from ? [draw('rect', { x: at(from), y: 9 - height / 2, width: Math.max(1, at(to) - at(from)), height, opacity })] : [];
  return draw('svg', { class: 'range', viewBox: '0 0 1000 18', preserveAspectRatio: 'none', role: 'img', 'aria-label': `p50 ${digits(r.p50_ms)}, p90 ${digits(r.p90_ms || 0)}, p99 ${digits(r.p99_ms || 0)}, max ${digits(r.max_ms)} ms` },
    draw('line', { class: 'rail', x1: 0, x2: 1000, y1: 9, y2: 9 }), draw('line', { class: 'tail', x1: at(r.min_ms || r.p50_ms), x2: at(r.max_ms), y1: 9, y2: 9 }),
    ...bar(r.p99_ms, r.p999_ms, 6, 0.45), ...bar(r.p90_ms, r.p99_ms, 10, 0.65), ...bar(r.p50_ms, r.p90_ms, 14, 1),
    draw('line', { class: 'median', x1: at(r.p50_ms), x2: at(r.p50_ms), y1: 0, y2: 18 }));
}
