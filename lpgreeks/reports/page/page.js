"use strict";
// Plots of a report: values under the pointer, and a closer look. In a drawn SVG, what moves with an axis is marked;
// the numbers behind it stand beside it as JSON. Places are points of the SVG.

const SPANS = [1 / 1440, 1 / 288, 1 / 96, 1 / 48, 1 / 24, 1 / 8, 1 / 4, 1 / 2, 1, 2, 7, 14, 30, 91, 365, 1825]; // days
const [NEAR, CLICK] = [10, 6]; // points: a mark as near as this is meant; shorter drags are clicks

const css = (colour) => `var(--c${colour.slice(1)}, ${colour})`;
const between = (value, a, b) => (value - a) * (value - b) <= 0;
const clamped = (value, low, high) => Math.min(Math.max(value, low), high);

/** One axis: numbers to places and back, and how numbers are written. */
class Scale {
  constructor(data, from, to) {
    Object.assign(this, data, { from, to, view: data.ends });
  }
  at(value, [low, high] = this.view) {
    return this.from + ((value - low) / (high - low)) * (this.to - this.from);
  }
  value(place, [low, high] = this.view) {
    return low + ((place - this.from) / (this.to - this.from)) * (high - low);
  }
  /** What takes a place of the first view to where it is now: a factor and a shift. */
  get move() {
    const factor = (this.ends[1] - this.ends[0]) / (this.view[1] - this.view[0]);
    return [factor, this.at(this.ends[0]) - factor * this.from];
  }
  show(from, to) {
    const view = [this.value(from), this.value(to)];
    const share = (view[1] - view[0]) / (this.ends[1] - this.ends[0]);
    if (share > 1e-6) this.view = share > 0.999 ? this.ends : view;
  }
  /** A number in words: to six digits, or to those of the step between two ticks. */
  text(value, step) {
    if (this.kind === "date") {
      const text = new Date(Math.round(value * 86400) * 1e3).toISOString().replace("T", " ");
      return step >= 1 ? text.slice(0, 10) : step ? text.slice(5, 16) : text.slice(0, 16);
    }
    const [hundred, sign] = this.kind === "share" ? [100, " %"] : [1, ""];
    const digits = { maximumFractionDigits: clamped(1 - Math.floor(Math.log10(step * hundred) + 1e-9), 0, 20) };
    const form = step ? digits : { maximumSignificantDigits: 6 };
    return (value * hundred).toLocaleString("en-US", form) + sign;
  }
  get ticks() {
    const [low, high] = [...this.view].sort((a, b) => a - b);
    if (this.words) return this.words.filter(([place]) => between(place, low, high));
    const wanted = (high - low) / 6;
    const steps = [1, 2, 2.5, 5, 10].map((k) => k * 10 ** Math.floor(Math.log10(wanted)));
    const step = (this.kind === "date" ? SPANS : steps).find((s) => s >= wanted) || wanted;
    const ticks = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push([k * step, this.text(k * step, step)]);
    return ticks;
  }
}

/** Axes of a picture in their box: what moves in them, ticks, and what is under a place. */
class Axes {
  constructor(svg, data, k) {
    const [left, top, width, height] = data.box;
    Object.assign(this, data, { svg, left, top, right: left + width, bottom: top + height });
    Object.assign(this, { x: new Scale(data.x, left, this.right), y: new Scale(data.y, this.bottom, top) });
    this.middle = [left + width / 2, top + height / 2];
    this.group = svg.querySelector(`[id$="-axes_${data.number}"]`);
    this.add("rect", { x: left, y: top, width, height }, this.add("clipPath", { id: `${this.group.id}-clip` }, svg));
    this.drawn = this.group.querySelectorAll('[id*="-matplotlib.axis_"] > [id*="tick_"]');
    this.grid = this.group.insertBefore(this.add("g", {}, svg), this.group.children[1]);
    this.moves = [...this.group.querySelectorAll(`.moves[data-axes="${k}"]`)].map((group) => this.movable(group));
    this.over = this.add("g", {}, svg);
  }
  add(name, attributes, parent, text = "") {
    const made = parent.appendChild(document.createElementNS(this.svg.namespaceURI, name));
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return Object.assign(made, { textContent: text });
  }
  /** A drawn thing ready to be moved: a text by its place, marks one by one, curves by their points, else whole. */
  movable(group) {
    const n = Number(group.dataset.n);
    if (this.texts[n]) return { group, text: this.texts[n] };
    const uses = group.dataset.kind === "line" ? [...group.querySelectorAll("use")] : [];
    const marks = uses.map((use) => [use, Number(use.getAttribute("x")), Number(use.getAttribute("y"))]);
    const parts = [...group.childNodes];
    for (const clipped of group.querySelectorAll("[clip-path]")) clipped.removeAttribute("clip-path");
    const clip = { "clip-path": `url(#${this.group.id}-clip)` };
    const inner = this.add("g", {}, marks.length ? group : this.add("g", clip, group));
    inner.append(...parts);
    const line = this.lines.find((l) => l.n === n && l.kind === "curve");
    const path = line && inner.querySelector(":scope > path");
    return { along: group.dataset.along, inner, marks, line, path, home: path && path.getAttribute("d") };
  }
  holds(x, y) {
    return between(x, this.left - 1, this.right + 1) && between(y, this.top - 1, this.bottom + 1);
  }
  draw() {
    const { x, y } = this;
    const whole = x.view === x.ends && y.view === y.ends;
    const shown = (px, py) => (whole || this.holds(px, py) ? "" : "none");
    for (const { group, text, along, inner, marks, line, path, home } of this.moves) {
      if (text) {
        const [a, b] = text;
        group.setAttribute("transform", `translate(${x.at(a) - x.at(a, x.ends)} ${y.at(b) - y.at(b, y.ends)})`);
        group.style.display = shown(x.at(a), y.at(b));
        continue;
      }
      const [[sx, dx], [sy, dy]] = [along.includes("x") ? x.move : [1, 0], along.includes("y") ? y.move : [1, 0]];
      for (const [use, px, py] of marks) {
        use.setAttribute("x", sx * px + dx);
        use.setAttribute("y", sy * py + dy);
        use.style.display = shown(sx * px + dx, sy * py + dy);
      }
      if (path) path.setAttribute("d", whole ? home : this.path(line));
      else if (!marks.length) inner.setAttribute("transform", `matrix(${sx} 0 0 ${sy} ${dx} ${dy})`);
    }
    for (const tick of this.drawn) tick.style.display = whole ? "" : "none";
    this.group.classList.toggle("magnified", !whole);
    this.grid.replaceChildren();
    for (const scale of whole ? [] : [x, y]) {
      for (const [value, text] of scale.ticks) this.tick(scale.at(value), text, scale === x);
    }
  }
  tick(place, text, upright) {
    const { left, right, top, bottom } = this;
    const stands = upright ? { x: place, y: bottom + 14 } : { x: left - 7, y: place + 3.5 };
    const d = upright ? `M${place} ${top}V${bottom}` : `M${left} ${place}H${right}`;
    this.add("path", { class: "grid", d }, this.grid);
    this.add("text", { class: upright ? "label" : "label beside", ...stands }, this.grid, text);
  }
  /** A curve through all of its points; it breaks where one is missing. */
  path({ x, y }) {
    const there = (i) => i >= 0 && this.xs[x][i] !== null && y[i] !== null;
    const point = (i) => `${this.x.at(this.xs[x][i]).toFixed(2)} ${this.y.at(y[i]).toFixed(2)}`;
    return y.map((_, i) => (there(i) ? (there(i - 1) ? "L" : "M") + point(i) : "")).join("");
  }
  /** What is inside these edges fills the box. */
  magnify([left, right, top, bottom]) {
    this.x.show(left, right);
    this.y.show(bottom, top);
    this.draw();
  }
  /** What is at a place: rows of colour, name and value; where the cross stands; dots on curves. */
  under(px, py) {
    const { x, y } = this;
    const curves = this.lines.filter((line) => line.kind === "curve").map((line) => this.xs[line.x]);
    if (!curves.length) return this.area(x.value(px), y.value(py));
    const off = (v, value) => Math.abs(v - value);
    const nearest = (xs, value) => xs.reduce((best, v, i) => (off(v, value) < off(xs[best], value) ? i : best), 0);
    const densest = curves.reduce((a, b) => (b.length > a.length ? b : a));
    const value = densest[nearest(densest, x.value(px))];
    const found = { rows: [["", x.title, `${x.text(value)} ${x.unit}`]], x: x.at(value), dots: [] };
    for (const line of this.lines) {
      const xs = this.xs[line.x];
      const meant = (v, k) => Math.hypot(x.at(v) - px, y.at(line.y[k]) - py) < NEAR;
      const i = line.kind === "mark" ? xs.findIndex(meant) : line.kind === "curve" ? nearest(xs, value) : 0;
      if (i < 0 || line.y[i] === null || (line.kind === "curve" && Math.abs(x.at(xs[i]) - found.x) > NEAR)) continue;
      found.rows.push([line.colour, line.name, `${y.text(line.y[i])} ${y.unit}`]);
      if (xs.length) found.dots.push([x.at(xs[i]), y.at(line.y[i]), line.colour]);
    }
    return found;
  }
  area(vx, vy) {
    const found = { rows: [] };
    for (const { x, y, colour, name, value } of this.areas) {
      if ((x && !between(vx, ...x)) || (y && !between(vy, ...y))) continue;
      found.rows.push([colour, name, value]);
      if (x) found.x = this.x.at((x[0] + x[1]) / 2);
      if (y) found.y = this.y.at((y[0] + y[1]) / 2);
    }
    return found;
  }
  cross({ x, y, dots = [] }, box) {
    const { left, right, top, bottom } = this;
    this.over.replaceChildren();
    const stroke = (d) => this.add("path", { class: "cross", d }, this.over);
    if (between(x, left, right)) stroke(`M${x} ${top}V${bottom}`);
    if (between(y, top, bottom)) stroke(`M${left} ${y}H${right}`);
    for (const [cx, cy, colour] of dots) {
      if (this.holds(cx, cy)) this.add("circle", { cx, cy, r: 2.6, style: `fill: ${css(colour)}` }, this.over);
    }
    const [x0, x1, y0, y1] = box || [];
    if (box) this.add("path", { class: "frame", d: `M${x0} ${y0}H${x1}V${y1}H${x0}Z` }, this.over);
  }
}

/** A picture with its buttons, and what it says of the place that is pointed at. */
class Plot {
  constructor(figure) {
    this.svg = figure.querySelector("svg");
    this.said = figure.querySelector("output");
    const { axes } = JSON.parse(figure.querySelector("script").textContent);
    this.axes = axes.map((data, k) => new Axes(this.svg, data, k));
    for (const button of figure.querySelectorAll("button")) button.onclick = () => this.act(button.dataset.do);
    Object.assign(this.svg, {
      onpointerdown: (event) => this.press(event),
      onpointermove: (event) => this.point(...this.place(event)),
      onpointerup: (event) => this.press(event),
      ondblclick: () => this.act("0"),
      onkeydown: (event) => this.act(event.key) || event.preventDefault(),
    });
    this.at = this.axes[0].middle;
  }
  place({ clientX, clientY }) {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [x, y];
  }
  point(x, y) {
    this.at = [x, y];
    this.own = this.axes.find((axes) => axes.holds(...(this.from || this.at)));
    const found = this.own ? this.own.under(x, y) : { rows: [] };
    for (const axes of this.axes) axes.cross(axes === this.own ? found : {}, axes === this.own && this.box);
    const rows = found.rows.map(([colour, name, value]) => {
      const row = document.createElement("span");
      if (colour) row.appendChild(document.createElement("i")).style.background = css(colour);
      row.append(`${name}: ${value}`);
      return row;
    });
    if (rows.length) this.said.replaceChildren(...rows);
  }
  /** What is dragged over, inside its axes; flat, it is about one axis alone. */
  get box() {
    if (!this.from || !this.own) return null;
    const edges = [[this.own.left, this.own.right], [this.own.top, this.own.bottom]];
    const ends = edges.map((pair, k) => [this.from[k], this.at[k]].map((v) => clamped(v, ...pair)));
    const dragged = ends.map((pair) => pair.sort((a, b) => a - b));
    const long = dragged.map(([low, high]) => high - low > CLICK);
    return long.some(Boolean) ? edges.flatMap((pair, k) => (long[k] ? dragged[k] : pair)) : null;
  }
  /** Down or up: a mouse drags a box; a finger points, and scrolls the page as elsewhere. */
  press(event) {
    const drags = event.type === "pointerdown" && event.pointerType === "mouse" && !event.button;
    if (this.box) this.own.magnify(this.box);
    if (drags) this.svg.setPointerCapture(event.pointerId);
    this.from = drags ? this.place(event) : null;
    this.point(...this.place(event));
  }
  /** A key or a button; true for one that means nothing here. */
  act(key) {
    const [own, x, y] = this.own ? [this.own, ...this.at] : [this.axes[0], ...this.axes[0].middle];
    const factor = { "+": 0.5, "=": 0.5, "-": 2, 0: 1e9, Escape: 1e9 }[key];
    const step = { ArrowLeft: -4, ArrowRight: 4 }[key] || 0;
    if (!factor && !step) return true;
    const from = (edge, middle) => middle + (edge - middle) * factor;
    if (factor) own.magnify([from(own.left, x), from(own.right, x), from(own.top, y), from(own.bottom, y)]);
    return this.point(clamped(x + step, own.left, own.right), y);
  }
}

for (const figure of document.querySelectorAll("figure.plot")) new Plot(figure);
for (const button of document.querySelectorAll("#scenario button")) {
  button.onclick = () => navigator.clipboard.writeText(button.nextElementSibling.textContent);
}
