'use strict';

// The colours of the annotated pictures, one a track or else one a class.
const palette = ['#ff3b5c', '#2f9bff', '#22c55e', '#ffb020', '#a855f7', '#06b6d4', '#f97316', '#ec4899', '#84cc16', '#6366f1',
  '#14b8a6', '#eab308', '#ef4444', '#3b82f6', '#10b981', '#d946ef', '#f59e0b', '#0ea5e9', '#65a30d', '#8b5cf6'];
const lightColours = new Set(['#22c55e', '#ffb020', '#06b6d4', '#84cc16', '#eab308', '#f59e0b', '#f97316']);
const trailSeconds = 3;
const colourOf = d => palette[(d.track_id ? d.track_id - 1 : d.class_id) % palette.length];

// What further models said of one detection, the best of each.
const said = (crops, index) => (crops || []).filter(k => k.detection === index).map(k => k.classes?.[0]).filter(Boolean)
  .map(k => ` · ${k.label} ${Math.round(k.score * 100)}%`).join('');

// One source's canvas: the picture, and over it what was found, in pixels of the screen so that lines stay sharp.
class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.trails = new Map();
  }

  show(bitmap, message, outlines, shown) {
    const result = message.result, canvas = this.canvas, c = this.context;
    const width = result.width || bitmap.width, height = result.height || bitmap.height;
    const pixels = Math.min(window.devicePixelRatio || 1, 2);
    const wide = Math.max(160, Math.round(Math.min(canvas.clientWidth || 640, width * 2) * pixels));
    if (canvas.width !== wide || Math.abs(canvas.height - wide * height / width) > 1) {
      canvas.width = wide;
      canvas.height = Math.round(wide * height / width);
    }
    const scale = canvas.width / width;
    this.unit = Math.max(1, pixels * Math.min(1.5, (canvas.clientWidth || 640) / 480));
    c.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    this.follow(result);
    this.tags = [];
    c.lineJoin = c.lineCap = 'round';
    if (shown.zones) for (const o of outlines) this.outline(o, result.counts?.[o.rule], scale);
    if (shown.trails) this.trail(scale);
    if (message.drawn) return;
    const found = result.detections || [];
    // The best last, so that it lies on top.
    if (shown.boxes) for (let i = found.length - 1; i >= 0; i--) this.box(found[i], scale);
    if (shown.keypoints) for (const d of found) this.keypoints(d, message.skeleton || [], scale);
    // The best first: it gets the place it wants.
    if (shown.labels) for (let i = 0; i < found.length; i++) this.label(found[i], said(result.crops, i), scale);
    if (shown.labels && result.classes) this.classes(result.classes);
  }

  box(d, s) {
    const c = this.context;
    c.strokeStyle = colourOf(d);
    c.lineWidth = 2 * this.unit;
    c.beginPath();
    if (d.rbox) {
      const [x, y, w, h, angle] = d.rbox;
      c.save();
      c.translate(x * s, y * s);
      c.rotate(angle);
      c.rect(-w * s / 2, -h * s / 2, w * s, h * s);
      c.restore();
    } else {
      const [x1, y1, x2, y2] = d.box;
      c.rect(x1 * s, y1 * s, (x2 - x1) * s, (y2 - y1) * s);
    }
    c.stroke();
  }

  label(d, more, s) {
    const track = d.track_id ? `#${d.track_id} ` : '';
    this.tag(`${track}${d.label} ${Math.round(d.score * 100)}%${more}`, d.box[0] * s - this.unit, d.box[1] * s, colourOf(d));
  }

  // Above the point, or under it where the picture ends; further down where another tag lies already.
  tag(text, x, y, colour) {
    const c = this.context, size = 12 * this.unit, high = size * 1.35;
    c.font = `600 ${size}px system-ui, sans-serif`;
    const wide = c.measureText(text).width + size * 0.7;
    x = Math.max(0, Math.min(x, this.canvas.width - wide));
    y = y < high ? y : y - high;
    const meets = t => x < t.x + t.wide && t.x < x + wide && y < t.y + high && t.y < y + high;
    for (let tries = 0; tries < 4 && this.tags.some(meets); tries++) y = Math.min(y + high, this.canvas.height - high);
    this.tags.push({ x, y, wide });
    c.fillStyle = colour;
    c.fillRect(x, y, wide, high);
    c.fillStyle = lightColours.has(colour) ? '#111' : '#fff';
    c.textBaseline = 'middle';
    c.fillText(text, x + size * 0.35, y + high / 2);
  }

  keypoints(d, skeleton, s) {
    const c = this.context, points = d.keypoints || [];
    const seen = i => points[i] && points[i][2] >= 0.5;
    c.lineWidth = 2 * this.unit;
    skeleton.forEach(([a, b], i) => {
      if (!seen(a) || !seen(b)) return;
      c.strokeStyle = palette[i % palette.length];
      c.beginPath();
      c.moveTo(points[a][0] * s, points[a][1] * s);
      c.lineTo(points[b][0] * s, points[b][1] * s);
      c.stroke();
    });
    points.forEach(([x, y, score], i) => {
      if (score < 0.5) return;
      c.fillStyle = palette[(i + 1) % palette.length];
      c.strokeStyle = '#fff';
      c.lineWidth = this.unit;
      c.beginPath();
      c.arc(x * s, y * s, 3 * this.unit, 0, 2 * Math.PI);
      c.fill();
      c.stroke();
    });
  }

  classes(classes) {
    classes.slice(0, 5).forEach((k, i) => this.tag(`${k.label} ${Math.round(k.score * 100)}%`, 8 * this.unit, (26 + 20 * i) * this.unit, palette[k.class_id % palette.length]));
  }

  outline(o, counts, s) {
    const c = this.context, colour = '#ffd23f';
    c.beginPath();
    o.points.forEach(([x, y], i) => i ? c.lineTo(x * s, y * s) : c.moveTo(x * s, y * s));
    if (o.area) {
      c.closePath();
      c.fillStyle = colour + '22';
      c.fill();
    }
    c.strokeStyle = colour;
    c.lineWidth = 2 * this.unit;
    c.setLineDash(o.area ? [6 * this.unit, 5 * this.unit] : []);
    c.stroke();
    c.setLineDash([]);
    const text = Object.entries(counts || {}).map(([name, value]) => `${name} ${+value.toFixed(2)}`).join(', ');
    const top = o.points.reduce((a, p) => p[1] < a[1] ? p : a);
    this.tag(text ? `${o.rule}: ${text}` : o.rule, top[0] * s, top[1] * s, '#eab308');
  }

  // Where each track's foot was, by the source's own clock; a clock that jumps back means that the source began anew.
  follow(result) {
    const now = result.timestamp_ms;
    if (this.last > now) this.trails.clear();
    this.last = now;
    for (const d of result.detections || []) {
      if (!d.track_id) continue;
      const trail = this.trails.get(d.track_id) || { colour: colourOf(d), points: [] };
      trail.points.push([(d.box[0] + d.box[2]) / 2, d.box[3], now]);
      this.trails.set(d.track_id, trail);
    }
    for (const [id, trail] of this.trails) {
      trail.points = trail.points.filter(p => p[2] > now - trailSeconds * 1000);
      if (!trail.points.length) this.trails.delete(id);
    }
  }

  trail(s) {
    const c = this.context;
    c.lineWidth = 2 * this.unit;
    for (const { colour, points } of this.trails.values()) {
      for (let i = 1; i < points.length; i++) {
        c.globalAlpha = i / points.length;
        c.strokeStyle = colour;
        c.beginPath();
        c.moveTo(points[i - 1][0] * s, points[i - 1][1] * s);
        c.lineTo(points[i][0] * s, points[i][1] * s);
        c.stroke();
      }
    }
    c.globalAlpha = 1;
  }
}
