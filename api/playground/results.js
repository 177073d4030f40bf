// The answers of one or more lanes: a budget for all, the lanes, and every
// document with its text in place.

import { byId, el, plural } from "./dom.js";
import { DocumentView } from "./document.js";

/** Up to so many sentences all documents are put into the page at once, so that searching the page finds all of them. */
const EAGER_UNITS = 2000;

export class Results {
  /** options has say(text) and changed(lane), lane undefined for the budget. */
  constructor(root, options) {
    this.options = options;
    this.lanes = [];
    this.views = [];
    this.seen = new Set();
    this.budget = 0;
    this.before = 0;
    this.view = "marked";
    this.build(root);
    this.observer = new IntersectionObserver((entries) => {
      for (const e of entries) {
        if (e.isIntersecting) this.seen.add(e.target.view);
        else this.seen.delete(e.target.view);
        if (e.isIntersecting) e.target.view.paint();
      }
    }, { rootMargin: "200px" });
    const ink = () => { this.ink = getComputedStyle(this.documents).getPropertyValue("accent-color"); };
    ink();
    const repaint = () => {
      ink();
      this.paint();
    };
    document.addEventListener("theme", repaint);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    addEventListener("resize", () => {
      this.views.forEach((v) => v.resize());
      this.paint();
    });
  }

  build(root) {
    this.range = el("input", { type: "range", min: 0, max: 100, step: 1, value: 100, id: "budget" });
    this.number = el("input", { type: "number", min: 1, step: 1, placeholder: "none", id: "budget-number", "aria-label": "Token budget in tokens" });
    this.range.addEventListener("input", () => this.setBudget(this.range.valueAsNumber >= 100 ? 0 : this.tokensAt(this.range.valueAsNumber)));
    this.number.addEventListener("change", () => this.setBudget(Math.max(0, Math.round(this.number.valueAsNumber || 0))));
    this.notice = el("p", { className: "notice", hidden: true });
    this.laneBox = el("div", { className: "lanes" });
    this.documents = el("div", { className: "answers" });
    this.tools = el("div", { className: "line tools" });
    this.viewButtons = [["marked", "In place"], ["output", "Output"]].map(([view, name]) => {
      const b = el("button", { type: "button", "aria-pressed": String(view === this.view) }, name);
      b.addEventListener("click", () => this.setView(view));
      b.view = view;
      return b;
    });
    this.differing = el("span", { className: "hint" });
    this.element = el("div", { className: "answer", hidden: true },
      this.tools, this.notice, el("h2", { className: "visually-hidden" }, "Scorers"), this.laneBox,
      el("div", { className: "budget" }, el("label", { for: "budget" }, "Token budget, all documents"), this.range, this.number),
      el("div", { className: "line bar" },
        el("h2", {}, "Documents"), this.differing,
        el("span", { className: "legend", "aria-hidden": "true" }, el("i", { className: "low" }), "dropped", el("i", { className: "mid" }), el("i", { className: "high" }), "kept, by probability"),
        el("span", { className: "segments", role: "group", "aria-label": "View" }, ...this.viewButtons)),
      this.documents);
    root.append(this.element);
  }

  /** Puts these lanes side by side; those without an answer are waited for. */
  setLanes(lanes) {
    this.lanes = lanes;
    // Only if they are others: a slider that is moved right now must stay.
    const same = lanes.length === this.laneBox.children.length && lanes.every((l, i) => l.element === this.laneBox.children[i]);
    if (!same) this.laneBox.replaceChildren(...lanes.map((l) => l.element));
    this.element.dataset.lanes = lanes.length;
    this.lay();
  }

  /** Lays the documents out again if all lanes have an answer about the same ones. */
  lay() {
    const ready = this.lanes.length > 0 && this.lanes.every((l) => l.data);
    this.element.hidden = !ready;
    if (!ready) return;
    this.before = this.lanes[0].data.answer.usage.tokens_before;
    this.tellBudget();
    const n = this.lanes[0].data.docs.length;
    const kept = this.views.length === n && this.views[0]?.lanes.length === this.lanes.length && this.views[0]?.lanes.every((l, i) => l === this.lanes[i]);
    if (kept) this.views.forEach((v) => v.renew());
    else this.rebuild(n);
    this.tellNotice();
    this.paint();
  }

  rebuild(n) {
    this.observer.disconnect();
    this.seen.clear();
    const options = { say: this.options.say, output: () => this.view === "output", ink: () => this.ink };
    this.views = Array.from({ length: n }, (_, i) => new DocumentView(this.lanes, i, options));
    this.documents.replaceChildren(...this.views.map((v) => v.element));
    const units = this.lanes[0].data.docs.reduce((sum, d) => sum + d.units.length, 0);
    if (units * this.lanes.length <= EAGER_UNITS) this.views.forEach((v) => v.paint());
    // The first are in view before the observer says so.
    for (const v of this.views.slice(0, 4)) this.seen.add(v);
    for (const v of this.views) this.observer.observe(v.element);
  }

  /** Repaints what is in view. */
  paint() {
    for (const v of this.seen) v.paint();
    this.compare();
  }

  /** Marks what the lanes do not agree on. */
  compare() {
    if (this.lanes.length < 2 || this.element.hidden) {
      this.differing.textContent = "";
      return;
    }
    let n = 0;
    const [first, ...others] = this.lanes.map((l) => l.data.docs);
    first.forEach((d, index) => {
      const marks = this.seen.has(this.views[index]) ? this.views[index].bodies : [];
      for (let i = 0; i < d.kept.length; i++) {
        const differs = others.some((docs) => docs[index].kept[i] !== d.kept[i]);
        if (differs) n++;
        for (const b of marks) b.units[i]?.classList.toggle("differs", differs);
      }
    });
    this.differing.textContent = n === 0 ? "The scorers agree." : `The scorers differ on ${plural(n, "sentence")}.`;
  }

  setView(view) {
    this.view = view;
    for (const b of this.viewButtons) b.setAttribute("aria-pressed", String(b.view === view));
    for (const v of this.views) v.bodies.forEach((b) => b.clear());
    this.paint();
  }

  /** The tokens at a place of the slider: finer where budgets are small. */
  tokensAt(place) { return Math.max(1, Math.round(this.before * (place / 100) ** 2)); }

  setBudget(tokens) {
    this.budget = tokens;
    this.tellBudget();
    this.options.changed();
  }

  tellBudget() {
    const none = this.budget === 0;
    if (document.activeElement !== this.range || none) {
      this.range.value = none ? 100 : Math.min(99, Math.round(100 * Math.sqrt(this.budget / Math.max(this.before, 1))));
    }
    this.number.value = none ? "" : this.budget;
    this.range.setAttribute("aria-valuetext", none ? "no budget" : plural(this.budget, "token"));
  }

  /** Says what was answered by other means than asked for. */
  tellNotice() {
    const reasons = new Map();
    const notes = [];
    for (const lane of this.lanes) {
      for (const d of lane.data.docs) {
        const g = d.result.degraded;
        if (!g) continue;
        const words = `answered by ${g.used} instead of ${lane.scorer} (${g.reason})`;
        reasons.set(words, (reasons.get(words) ?? 0) + 1);
      }
      for (const w of lane.data.answer.warnings) notes.push(w.message);
    }
    for (const [words, n] of reasons) notes.unshift(`${plural(n, "document")} ${n === 1 ? "was" : "were"} ${words}.`);
    this.notice.textContent = [...new Set(notes)].join(" ");
    this.notice.hidden = notes.length === 0;
  }
}

/** Announces text to screen readers. */
export function announce(text) {
  const status = byId("status");
  if (status.textContent !== text) status.textContent = text;
}

/** What lanes say together. */
export const summary = (lanes) => lanes.filter((l) => l.data).map((l) => l.sentence()).join(" ");
