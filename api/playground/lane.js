// One scorer: its threshold with the distribution of its scores, and what it
// saves. Lanes stand side by side to compare scorers.

import { count, decimal, duration, el, plural, saved, svg } from "./dom.js";
import { decide, histogram, prepare, rank, restore } from "./decide.js";

const ABOUT = {
  label: "The model reads query and sentence together.",
  fused: "The model, joined with sentence embeddings.",
  embed: "Nearness of query and sentence.",
  hybrid: "Ranks by embeddings and words, joined. The threshold is the share to drop.",
  bm25: "Words shared with the query; no model.",
  generate: "A generative model scores blocks.",
};

const BINS = 64;

// Useful thresholds are small, so the slider and the distribution above it are
// quadratic: half of the way is a quarter.
const thresholdAt = (place) => Math.round(1000 * place * place) / 1000;
const placeOf = (threshold) => Math.sqrt(Math.min(threshold, 1));

export class Lane {
  /** options has scorer, presets (of every scorer), shared() for budget and demote, and changed(lane). */
  constructor(options) {
    this.options = options;
    this.scorer = options.scorer;
    this.own = options.presets[this.scorer] ?? {};
    this.preset = options.preset ?? (options.threshold === undefined ? "balanced" : "");
    this.threshold = options.threshold ?? this.own[this.preset] ?? 0.1;
    this.asked = { preset: this.preset, threshold: this.threshold };
    this.data = null;
    this.build();
    this.tellThreshold();
  }

  build() {
    const name = "lane-" + this.scorer;
    this.state = el("span", { className: "state" });
    this.stats = el("dl", { className: "stats" });
    this.bars = svg("svg", { class: "bars", viewBox: `0 0 ${BINS} 24`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.range = el("input", { type: "range", min: 0, max: 1, step: 0.01, id: name + "-threshold", "aria-label": `Threshold of ${this.scorer}` });
    this.shown = el("output", { for: this.range.id });
    this.buttons = Object.entries(this.own).sort((a, b) => a[1] - b[1]).map(([preset, t]) => {
      const b = el("button", { type: "button", className: "preset" }, preset, " ", el("span", {}, decimal(t)));
      b.preset = preset;
      b.addEventListener("click", () => this.move(t, preset));
      return b;
    });
    this.range.addEventListener("input", () => this.move(thresholdAt(this.range.valueAsNumber), ""));
    this.slide = el("div", { className: "slide" }, this.bars, this.range);
    this.element = el("section", { className: "lane", "aria-labelledby": name },
      el("header", { className: "line" }, el("h3", { id: name }, this.scorer),
        el("span", { className: "hint about" }, ABOUT[this.scorer] ?? ""), this.state),
      this.stats,
      el("div", { className: "line" }, el("span", { className: "name" }, "Threshold"), this.shown,
        el("span", { className: "presets", role: "group", "aria-label": "Presets" }, ...this.buttons)),
      this.slide,
      el("p", { className: "hint about" }, "Kept is what scores more than the threshold; titles, headings and table headers of what is kept come along."));
  }

  /** What is decided by. */
  rule() {
    return { ...this.options.shared(), scorer: this.scorer, preset: this.preset, threshold: this.threshold, presets: this.options.presets };
  }

  /** The fields of a request. */
  request() {
    return this.preset ? { preset: this.preset } : { threshold: this.threshold };
  }

  move(threshold, preset) {
    this.threshold = threshold;
    this.preset = preset;
    this.tellThreshold();
    this.options.changed(this);
  }

  tellThreshold() {
    if (thresholdAt(this.range.valueAsNumber) !== this.threshold) this.range.value = placeOf(this.threshold);
    this.shown.textContent = decimal(this.threshold);
    this.range.setAttribute("aria-valuetext", decimal(this.threshold) + (this.preset ? ", " + this.preset : ""));
    this.slide.style.setProperty("--t", 100 * placeOf(this.threshold) + "%");
    for (const b of this.buttons) b.setAttribute("aria-pressed", String(b.preset === this.preset));
  }

  /** Takes an answer, the truth until something is moved. sources are the documents asked about. */
  take(answer, sources) {
    this.data = prepare(answer, sources, this.rule());
    const { data } = this;
    setTimeout(() => rank(data)); // so that a budget is answered at once
    this.drawBars();
    this.say("confirmed");
    this.tell();
  }

  /** Decides anew without asking. */
  estimate() {
    if (!this.data) return;
    decide(this.data, this.rule());
    this.say("estimate");
    this.tell();
  }

  /** Takes an estimate back. */
  restore() {
    this.preset = this.asked.preset;
    this.threshold = this.asked.threshold;
    this.tellThreshold();
    restore(this.data);
    this.say("confirmed");
    this.tell();
  }

  /** state is estimate, asking, confirmed or failed. */
  say(state) {
    const words = {
      estimate: "estimated in this page", asking: "asking the server …", failed: "not confirmed",
      confirmed: this.options.report ? "as pruned" : "confirmed by the server",
    };
    this.state.className = "state " + state;
    this.state.textContent = words[state];
  }

  tell() {
    const { usage, timing_ms: timing } = this.data.answer;
    let kept = 0, all = 0;
    for (const d of this.data.docs) {
      kept += d.size;
      all += d.units.length;
    }
    let hits = `${usage.cache_hits} of ${usage.documents} cached`;
    if (usage.cache_hits === usage.documents) hits = "all cached";
    else if (usage.cache_hits === 0 && usage.model_tokens === 0) hits = "no model";
    const cells = [
      ["Saved", saved(usage.tokens_before, this.data.tokens), ""],
      ["Tokens", count(this.data.tokens), "of " + count(usage.tokens_before)],
      ["Sentences", count(kept), "of " + count(all)],
      ["Time", duration(timing.total), hits],
    ];
    if (this.stats.childElementCount === 0) {
      this.stats.append(...cells.map(([name]) => el("div", {}, el("dt", {}, name), el("dd", {}, el("b", {}), el("small", {})))));
    }
    cells.forEach(([, value, more], i) => {
      const [b, small] = this.stats.children[i].lastElementChild.children;
      b.textContent = value;
      small.textContent = more;
    });
    this.stats.lastElementChild.title = Object.entries(timing).map(([k, v]) => `${k} ${duration(v)}`).join(", ") +
      `; ${plural(usage.model_tokens, "token")} read by models`;
  }

  /** The distribution of the scores, on a logarithmic scale. */
  drawBars() {
    const bins = histogram(this.data, BINS, placeOf);
    const most = Math.log1p(Math.max(...bins, 1));
    let path = "";
    bins.forEach((n, i) => {
      if (n === 0) return;
      const h = Math.max(1.5, (24 * Math.log1p(n)) / most);
      path += `M${i + 0.1} 24v${-h.toFixed(2)}h.8v${h.toFixed(2)}z`;
    });
    this.bars.replaceChildren(svg("path", { d: path, class: "under" }), svg("path", { d: path, class: "over" }));
  }

  /** One sentence about the answer. */
  sentence() {
    const { usage } = this.data.answer;
    return `${this.scorer}: ${count(this.data.tokens)} of ${count(usage.tokens_before)} tokens kept, ${saved(usage.tokens_before, this.data.tokens)} saved.`;
  }
}
