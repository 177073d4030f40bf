// One document of an answer: a line of facts, and for every scorer the text in
// place, kept and dropped, as an outline of blocks. Bodies are filled when they
// come into view and repainted only while they are in view, so that a slider
// stays quick over a hundred long documents.

import { count, el, plural, saved } from "./dom.js";
import { reason } from "./decide.js";

/** Units that a body shows before it is asked for more, and then each time. */
const FIRST_UNITS = 400, MORE_UNITS = 2000;

/** A document of more units is folded at first. */
const SHORT_UNITS = 24;

/** Kinds of units that are always a block of their own. */
const APART = new Set(["heading", "title", "row", "code"]);

const REASONS = {
  threshold: "above the threshold", below_threshold: "below the threshold",
  budget: "does not fit into the budget", boilerplate: "boilerplate of the page",
  title: "title of the page", heading: "heading of what is kept", structure: "needed by what is kept",
  around: "neighbour of what is kept", block: "in a block that is kept", best: "the best of the document",
  original: "returned untouched", pinned: "never pruned", pattern: "matches a pattern",
  empty: "nothing of the page is kept",
};

/** The facts and bodies of one document over all lanes. */
export class DocumentView {
  constructor(lanes, index, options) {
    this.lanes = lanes;
    this.index = index;
    this.bodies = lanes.map((lane) => new Body(lane, index, options));
    const d = this.first();
    const name = "document-" + index;
    this.badges = el("span", { className: "badges" });
    this.notes = el("ul", { className: "notes", hidden: true });
    this.title = el("h3", { id: name }, titleOf(d));
    this.id = el("span", { className: "hint id" });
    this.number = el("span", { className: "number" }, String(d.result.index + 1));
    const columns = this.bodies.map((b) => b.element);
    this.element = el("article", { className: "document", "aria-labelledby": name },
      el("header", {}, this.number, this.title, this.id, this.badges),
      el("div", { className: "columns" }, ...columns), this.notes);
    this.element.view = this;
    this.tell();
  }

  first() { return this.lanes[0].data.docs[this.index]; }

  /** Takes over the newest answers of the lanes. */
  renew() {
    this.bodies.forEach((b) => b.renew());
    this.tell();
  }

  tell() {
    const { id } = this.first().result;
    this.title.textContent = titleOf(this.first());
    this.id.textContent = id && id !== this.title.textContent ? id : "";
    const badges = [], notes = new Map();
    for (const lane of this.lanes) {
      const r = lane.data.docs[this.index].result;
      const of = this.lanes.length > 1 ? lane.scorer + ": " : "";
      if (r.truncated) badges.push(of + "truncated");
      if (r.degraded) badges.push(of + r.degraded.reason + ", answered by " + r.degraded.used);
      for (const w of r.warnings) notes.set(w.message, w);
    }
    this.badges.replaceChildren(...badges.map((b) => el("span", { className: "badge warn" }, b)));
    this.notes.replaceChildren(...[...notes.values()].map((w) => el("li", {}, w.message)));
    this.notes.hidden = notes.size === 0;
  }

  /** Takes note of another size of the window. */
  resize() {
    for (const b of this.bodies) b.width = 0;
  }

  /** Brings what is seen up to date; documents out of view are not asked to. */
  paint() { this.bodies.forEach((b) => b.paint()); }
}

function titleOf(d) {
  return d.result.title || d.result.id || "Document " + (d.result.index + 1);
}

/** The text of one document as one scorer has it. */
class Body {
  constructor(lane, index, options) {
    this.lane = lane;
    this.index = index;
    this.options = options;
    this.units = []; // elements
    this.painted = new Uint8Array(0);
    this.active = -1;
    this.width = 0; // of the map; asking for it in the middle of repainting would be slow
    this.map = el("canvas", { className: "map", height: 6, "aria-hidden": "true" });
    this.facts = el("span", { className: "facts" });
    this.meter = el("meter", { min: 0, max: 1, "aria-label": "Score of the document" });
    this.score = el("span", { className: "score" });
    this.who = el("span", { className: "who" }, lane.scorer);
    this.text = el("div", { className: "text", tabIndex: 0, role: "group" });
    this.more = el("button", { type: "button", className: "quiet more", hidden: true });
    this.detail = el("p", { className: "detail", hidden: true });
    this.element = el("div", { className: "body" },
      el("div", { className: "line" }, this.who, el("span", { className: "scored" }, this.meter, this.score), this.facts),
      this.map, this.text, this.more, this.detail);
    this.listen();
  }

  get d() { return this.lane.data.docs[this.index]; }

  listen() {
    this.more.addEventListener("click", () => this.showMore());
    this.text.addEventListener("click", (e) => {
      if (e.target.unit !== undefined) this.choose(e.target.unit);
    });
    this.text.addEventListener("keydown", (e) => this.key(e));
  }

  key(e) {
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    let to;
    if (e.key in steps) to = Math.min(Math.max(this.active + steps[e.key], 0), this.units.length - 1);
    else if (e.key === "Home") to = 0;
    else if (e.key === "End") to = this.units.length - 1;
    else if (e.key === "Escape") to = -1;
    else return;
    e.preventDefault();
    this.choose(to);
    this.units[to]?.scrollIntoView({ block: "nearest" });
  }

  /** Marks a unit and tells about it; -1 marks none. */
  choose(unit) {
    this.units[this.active]?.classList.remove("active");
    this.active = unit;
    this.units[unit]?.classList.add("active");
    this.tellActive(true);
  }

  tellActive(aloud) {
    const u = this.d.units[this.active];
    this.detail.hidden = !u;
    if (!u) return;
    const kept = this.d.kept[this.active] === 1;
    const why = reason(this.d, this.active, this.lane.rule());
    const words = `${kept ? "Kept" : "Dropped"}: ${REASONS[why] ?? why}`;
    this.detail.replaceChildren(
      el("strong", {}, u.score.toFixed(3)), " ", words, " ",
      el("code", {}, (u.path || u.kind) + " " + u.start + "–" + u.end));
    if (aloud) this.options.say(`${words}. Score ${u.score.toFixed(2)}. ${u.text}`);
  }

  renew() {
    const units = this.d.units;
    const same = this.units.length > 0 && this.units.every((e, i) => e.textContent === units[i]?.text);
    if (same && this.total === units.length) this.units.forEach((e, i) => shade(e, units[i]));
    else this.clear();
    if (this.options.output()) this.clear();
  }

  clear() {
    this.units = [];
    this.active = -1;
    this.detail.hidden = true;
    this.text.replaceChildren();
  }

  paint() {
    const { d } = this;
    this.meter.value = d.result.score;
    this.score.textContent = d.result.score.toFixed(2);
    this.facts.textContent = `${count(d.result.tokens.before)} → ${count(d.tokens)} tokens, ` +
      `${saved(d.result.tokens.before, d.tokens)} saved`;
    if (this.options.output()) return this.paintOutput();
    if (this.units.length === 0) this.fill(FIRST_UNITS);
    const n = this.units.length;
    for (let i = 0; i < n; i++) {
      if (this.painted[i] === d.kept[i]) continue;
      this.painted[i] = d.kept[i];
      this.units[i].classList.toggle("kept", d.kept[i] === 1);
    }
    this.tellActive(false);
    this.paintMap();
  }

  paintOutput() {
    this.units = [];
    this.more.hidden = this.map.hidden = this.detail.hidden = true;
    this.text.classList.remove("short");
    this.text.setAttribute("aria-label", "Output");
    this.text.replaceChildren(this.d.result.text ? el("pre", {}, this.d.result.text)
      : el("p", { className: "hint" }, "Nothing of this document helps to answer."));
  }

  /** Puts the first n units into place. */
  fill(n) {
    const { units } = this.d;
    this.total = units.length;
    this.map.hidden = false;
    this.units = [];
    this.painted = new Uint8Array(units.length);
    this.text.setAttribute("aria-label", "Text, sentence by sentence with the arrow keys");
    this.text.replaceChildren(...(units.length > 0 ? this.blocks(Math.min(n, units.length))
      : [el("p", { className: "hint" }, "There is no text in this document.")]));
    this.text.classList.toggle("short", n === FIRST_UNITS && this.total > SHORT_UNITS);
    this.tellMore();
  }

  tellMore() {
    const rest = this.total - this.units.length;
    const long = this.text.classList.contains("short");
    this.more.hidden = rest === 0 && !long;
    this.more.textContent = long ? `Show all ${plural(this.total, "sentence")}` : `Show ${plural(Math.min(rest, MORE_UNITS), "more sentence")}`;
  }

  showMore() {
    const n = this.text.classList.contains("short") ? Math.max(this.units.length, FIRST_UNITS + 1) : this.units.length + MORE_UNITS;
    this.fill(n);
    this.paint();
    this.text.focus();
  }

  /** Lays units out as they stand in the document: a block for every place in a page, and for every line of a text. */
  blocks(n) {
    const { units, source } = this.d;
    const out = [];
    let block = null, last = null;
    for (let i = 0; i < n; i++) {
      const u = units[i];
      const apart = !last || APART.has(u.kind) || u.kind !== last.kind || u.path !== last.path ||
        (!u.path && (source.text ?? "").slice(last.end, u.start).includes("\n"));
      if (apart) out.push(block = newBlock(u));
      else block.append(" ");
      const e = shade(el("span", { className: "unit" }, u.text), u);
      e.unit = i;
      block.append(e);
      this.units.push(e);
      last = u;
    }
    return out;
  }

  /** A bar as long as the document, with what is kept in colour. */
  paintMap() {
    const { d } = this;
    const width = this.width ||= Math.max(1, Math.round(this.map.clientWidth));
    if (this.map.width !== width) this.map.width = width;
    const paint = this.map.getContext("2d");
    paint.clearRect(0, 0, width, 6);
    paint.fillStyle = this.options.ink();
    let total = 0;
    for (const c of d.chars) total += c + 1;
    let at = 0;
    for (let i = 0; i < d.chars.length; i++) {
      const w = ((d.chars[i] + 1) * width) / total;
      if (d.kept[i] === 1) paint.fillRect(at, 0, Math.max(w, 0.6), 6);
      at += w;
    }
  }
}

/** Gives e the shade of the score of u: one of ten. */
function shade(e, u) {
  const p = String(Math.min(9, Math.floor(u.score * 10)));
  if (e.dataset.p !== p) e.dataset.p = p;
  return e;
}

/** A block at the place of u: the name of its element beside it, and its depth in lists. */
function newBlock(u) {
  const e = el("div", { className: "block " + u.kind });
  if (u.boilerplate) e.classList.add("around");
  if (!u.path) return e;
  const steps = u.path.split(">");
  const tag = steps.findLast((s) => /^(h[1-6]|p|li|tr|td|th|dt|dd|pre|blockquote|title|figcaption|caption|summary)\b/.test(s)) ?? steps.at(-1);
  e.dataset.tag = tag.replace(/\[\d+\]$/, "");
  const depth = steps.filter((s) => /^[uo]l\b/.test(s)).length;
  if (depth > 0) e.dataset.depth = Math.min(depth, 4);
  return e;
}
