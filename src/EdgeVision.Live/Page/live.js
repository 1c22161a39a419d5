const cards = new Map(), decoder = new TextDecoder();
const shown = {};
let socket, outlines = {}, logged = 0, delay = 500, started = false;

for (const box of document.querySelectorAll('#shown input')) {
  shown[box.name] = box.checked;
  box.addEventListener('change', () => shown[box.name] = box.checked);
}

function card(name) {
  if (!cards.has(name)) cards.set(name, new Card(name));
  return cards.get(name);
}

function onState(state) {
  outlines = state.outlines || {};
  say(byId('viewers'), state.viewers);
  say(byId('skipped'), whole.format(state.skipped));
  const fresh = state.log.filter(e => e.number > logged);
  // What happened before the page was there, or while it was away, is listed but not called out.
  showLog(fresh, !started);
  started = true;
  logged = Math.max(logged, ...fresh.map(e => e.number));
  if (!state.ledger) return;
  say(byId('elapsed'), elapsed(state.ledger.elapsed_s));
  say(byId('balances'), state.ledger.balances ? 'balanced' : 'do not add up');
  byId('balances').className = state.ledger.balances ? '' : 'many';
  for (const account of state.ledger.sources) card(account.name).account(account);
  showSinks(state.ledger.sinks);
}

async function onPicture(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const message = JSON.parse(decoder.decode(new Uint8Array(buffer, 8, length)));
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(buffer, 8 + length)], { type: 'image/jpeg' }));
  const name = message.result.source;
  card(name).picture(bitmap, message, outlines[name] || [], shown);
  bitmap.close();
}

// A page that nobody sees asks for no more pictures.
const visible = () => document.hidden ? new Promise(done => document.addEventListener('visibilitychange', done, { once: true })).then(visible) : Promise.resolve();

function connect() {
  const address = new URL('ws', location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  address.search = '';
  const mine = socket = new WebSocket(address);
  let order = Promise.resolve();
  mine.binaryType = 'arraybuffer';
  mine.onopen = () => {
    delay = 500;
    started = false;
    logged = 0;
    byId('log').replaceChildren(make('li', 'Nothing has happened yet.', 'none'));
    chip(byId('connection'), 'live');
  };
  mine.onmessage = event => {
    if (typeof event.data === 'string') return onState(JSON.parse(event.data));
    // One after the other, in the order they came; the answer asks for the next.
    order = order.then(() => onPicture(event.data)).catch(console.error).then(visible).then(() => mine.readyState === WebSocket.OPEN && mine.send('next'));
  };
  mine.onclose = () => {
    chip(byId('connection'), 'lost');
    setTimeout(connect, delay);
    delay = Math.min(delay * 2, 8000);
  };
}

connect();
