const samplesKept = 120;
const byId = id => document.getElementById(id);
const whole = new Intl.NumberFormat('en');
const ms = v => v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v.toFixed(2);

// Sets a text only where it changes, so that a selection in the page stays.
function say(element, text) {
  text = String(text);
  if (element.textContent !== text) element.textContent = text;
}

function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function chip(element, state) {
  element.dataset.state = state;
  say(element, state);
}

// The last minute of one number.
class Chart {
  constructor(svg) {
    this.values = [];
    svg.setAttribute('viewBox', '0 0 120 34');
    svg.setAttribute('preserveAspectRatio', 'none');
    [this.area, this.edge] = ['area', 'edge'].map(name => {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('class', name);
      svg.append(path);
      return path;
    });
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > samplesKept) this.values.shift();
    const most = Math.max(...this.values) * 1.1 || 1, step = 120 / (samplesKept - 1), from = 120 - (this.values.length - 1) * step;
    const line = this.values.map((v, i) => `${(from + i * step).toFixed(1)},${(33 - 32 * v / most).toFixed(1)}`).join('L');
    this.edge.setAttribute('d', 'M' + line);
    this.area.setAttribute('d', `M${from.toFixed(1)},34L${line}L120,34Z`);
  }
}

// One source's card.
class Card {
  constructor(name) {
    this.root = byId('source').content.firstElementChild.cloneNode(true);
    this.part = selector => this.root.querySelector(selector);
    this.drawing = new Drawing(this.part('canvas'));
    this.fps = new Chart(this.part('.fps-chart'));
    this.ages = new Chart(this.part('.age-chart'));
    this.age = null;
    say(this.part('h2'), name);
    byId('waiting')?.remove();
    byId('sources').append(this.root);
  }

  picture(bitmap, message, outlines, shown) {
    this.part('.nothing').hidden = true;
    this.age = message.age_ms;
    this.drawing.show(bitmap, message, outlines, shown);
    const counts = Object.entries(message.result.counts || {}).flatMap(([rule, values]) =>
      Object.entries(values).map(([name, value]) => make('span', `${rule} · ${name} ${+value.toFixed(2)}`)));
    this.part('.counts').replaceChildren(...counts);
  }

  account(a) {
    chip(this.part('.state'), a.state);
    this.fps.add(a.delivered_per_second);
    say(this.part('.fps'), a.delivered_per_second.toFixed(1));
    if (this.age !== null) {
      this.ages.add(this.age);
      say(this.part('.age'), ms(this.age));
    }
    const number = (of, text, tone) => {
      const element = this.part(`[data-of=${of}]`);
      say(element, text);
      element.className = tone || '';
    };
    number('captured', whole.format(a.captured));
    number('delivered', whole.format(a.delivered));
    number('dropped', whole.format(a.dropped.all), a.dropped.all > 0 ? 'some' : '');
    number('failed', whole.format(a.failed), a.failed > 0 ? 'many' : '');
    number('age50', `${ms(a.age_ms.p50)} ms`);
    number('age99', `${ms(a.age_ms.p99)} ms`);
    this.part('.error').hidden = !a.last_error;
    say(this.part('.error'), a.last_error || '');
    const stages = ['queue', 'preprocess', 'inference', 'postprocess', 'analysis', 'age'];
    this.part('.stages tbody').replaceChildren(...stages.map(s => row([s, ...['p50', 'p90', 'p99', 'max'].map(p => ms(a[s + '_ms'][p]))])));
    const d = a.dropped;
    say(this.part('.reasons'), `Dropped: queue full ${d.policy}, too old ${d.stale}, not decodable ${d.decode_error}, at the stop ${d.stop}. `
      + `In flight ${a.in_flight}, looked at by the model ${whole.format(a.inferred)}. Reconnected ${a.reconnects} times, stalled ${a.stalls} times.`);
  }
}

function row(cells) {
  const tr = document.createElement('tr');
  tr.append(...cells.map(c => c instanceof Node ? c : make('td', c)));
  return tr;
}

function showSinks(sinks) {
  byId('sinks').tBodies[0].replaceChildren(...sinks.map(s => {
    const name = make('td', s.name), state = make('span', '', 'chip');
    chip(state, s.state);
    if (s.last_error) name.title = s.last_error;
    name.append(state);
    return row([name, whole.format(s.written), make('td', whole.format(s.dropped), s.dropped ? 'some' : ''), make('td', whole.format(s.failed), s.failed ? 'many' : ''), s.pending, `${ms(s.age_ms.p99)} ms`]);
  }));
}

function elapsed(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return parts.map((p, i) => i ? String(p).padStart(2, '0') : p).join(':');
}

function sentence(entry) {
  if (entry.message) return `${entry.source}: ${entry.message}`;
  const e = entry.event;
  const who = [e.label, e.track_id ? `#${e.track_id}` : ''].filter(Boolean).join(' ');
  const value = e.value === undefined ? '' : e.kind === 'dwell' || e.kind === 'left' ? ` ${+e.value.toFixed(1)} s` : ` ${e.value}`;
  return `${entry.source}: ${who} ${e.kind} ${e.rule}${e.direction ? ` (${e.direction})` : ''}${value}`.replace('  ', ' ');
}

// What happened: all of it in the list, newest first; for a moment in a corner, unless it happened before the page came.
function showLog(entries, quiet) {
  const log = byId('log'), toasts = byId('toasts');
  for (const entry of entries) {
    log.querySelector('.none')?.remove();
    const line = make('li', undefined, entry.level);
    line.append(make('time', new Date(entry.at).toLocaleTimeString('en-GB')), sentence(entry));
    log.prepend(line);
    if (log.children.length > 100) log.lastChild.remove();
    if (quiet) continue;
    const toast = make('p', sentence(entry), entry.level);
    toasts.append(toast);
    if (toasts.children.length > 3) toasts.firstChild.remove();
    setTimeout(() => toast.remove(), 4000);
  }
}
