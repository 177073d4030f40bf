// The playground: documents and a query go to the server, its answers go to
// the lanes. Moving a threshold or the budget is answered in the page at once
// and then confirmed by the server, from its cache.

import { byId, copyText, el, themeSwitch } from "./dom.js";
import { examples } from "./examples.js";
import { Documents, takeDrops } from "./input.js";
import { Lane } from "./lane.js";
import { announce, Results, summary } from "./results.js";
import { ask, Fault } from "./server.js";
import { languages, snippet } from "./snippets.js";

/** How long a slider must rest before the server is asked, in milliseconds. */
const REST = 250;

/** How often a refused confirmation is tried again after what the server says. */
const LONGEST_WAIT = 60;

class Playground {
  constructor() {
    this.info = { scorers: ["label"], presets: {}, scorer_presets: {}, model: {} };
    this.lanes = new Map();
    this.chosen = [];
    this.sent = null; // what the answers on show are about
    this.running = null;
    this.timer = 0;
    this.countdown = 0;
    this.language = "curl";
    this.documents = new Documents(byId("documents"), () => this.tellStale());
    this.results = new Results(byId("answer"), { say: announce, changed: () => this.moved() });
    this.chips = el("div", { className: "chips", role: "group", "aria-label": "Scorers, several to compare" });
    this.stale = el("span", { className: "badge warn", hidden: true }, "changed since the answer");
    this.results.tools.append(el("span", { className: "name" }, "Scorers"), this.chips, this.stale);
    this.listen();
    this.buildTabs();
  }

  async start() {
    byId("example").append(el("option", { value: "" }, "Examples"), ...examples.map((e, i) => el("option", { value: i }, e.name)));
    this.useExample(0);
    await this.run();
  }

  listen() {
    byId("form").addEventListener("submit", (e) => {
      e.preventDefault();
      if (this.running) this.stop();
      else this.run();
    });
    addEventListener("keydown", (e) => {
      if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey)) return;
      e.preventDefault();
      this.run();
    });
    byId("query").addEventListener("input", () => this.tellStale());
    byId("add").addEventListener("click", () => this.documents.add([{}], true));
    byId("clear").addEventListener("click", () => this.documents.replace([]));
    byId("open").addEventListener("click", () => byId("files").click());
    byId("files").addEventListener("change", async (e) => {
      await this.documents.addFiles([...e.target.files]);
      e.target.value = "";
    });
    byId("example").addEventListener("change", (e) => {
      if (e.target.value === "") return;
      this.useExample(Number(e.target.value));
      e.target.value = "";
      this.run();
    });
    for (const id of ["boilerplate", "granularity", "format"]) byId(id).addEventListener("change", () => this.sent && this.run());
    byId("key").addEventListener("change", () => this.run());
    byId("copy").addEventListener("click", (e) => copyText(byId("snippet"), e.target, announce));
    takeDrops(this.documents, byId("drop"), () => announce("Documents added."));
    themeSwitch(byId("theme"));
  }

  useExample(i) {
    byId("query").value = examples[i].query;
    this.documents.replace(examples[i].documents);
  }

  /** Reads /info; false if the server does not let us. */
  async learn() {
    try {
      this.info = await ask("info", { key: byId("key").value });
    } catch (err) {
      this.fail(err);
      return false;
    }
    const { model, scorers } = this.info;
    if (model.name) byId("model").textContent = `${model.name} ${model.version}`;
    if (this.chosen.length === 0) {
      this.chosen = [scorers[0]];
      this.buildChips();
    }
    return true;
  }

  buildChips() {
    this.chips.replaceChildren(...this.info.scorers.map((scorer) => {
      const b = el("button", { type: "button", "aria-pressed": String(this.chosen.includes(scorer)) }, scorer);
      b.addEventListener("click", () => this.toggle(scorer, b));
      return b;
    }));
  }

  /** Adds a scorer to the comparison or takes it out; the last one stays. */
  toggle(scorer, button) {
    const on = this.chosen.includes(scorer);
    if (on && this.chosen.length === 1) return;
    this.chosen = this.info.scorers.filter((s) => (s === scorer ? !on : this.chosen.includes(s)));
    button.setAttribute("aria-pressed", String(!on));
    if (on) {
      this.results.setLanes(this.current());
      this.tellCode();
    } else {
      this.run();
    }
  }

  /** The chosen lanes. */
  current() {
    return this.chosen.map((scorer) => {
      if (!this.lanes.has(scorer)) {
        const presets = { [this.info.scorers[0]]: this.info.presets, ...this.info.scorer_presets };
        this.lanes.set(scorer, new Lane({ scorer, presets, shared: () => this.shared(), changed: (l) => this.moved(l) }));
      }
      return this.lanes.get(scorer);
    });
  }

  shared() {
    return { budget: this.results.budget, demote: byId("boilerplate").value === "" };
  }

  /** The request of a lane, without what only the page wants. */
  request(lane, documents = this.documents.request()) {
    const body = { query: byId("query").value, documents, ...lane.request() };
    if (lane.scorer !== this.info.scorers[0]) body.scorer = lane.scorer;
    if (this.results.budget > 0) body.max_tokens = this.results.budget;
    for (const id of ["boilerplate", "format"]) if (byId(id).value) body[id] = byId(id).value;
    if (byId("granularity").value !== "0") body.granularity = Number(byId("granularity").value);
    return body;
  }

  /** Asks for all chosen lanes, with what is in the form now. */
  async run() {
    clearTimeout(this.timer);
    if (this.chosen.length === 0 && !(await this.learn())) return;
    const documents = this.documents.request();
    this.sent = { query: byId("query").value, documents };
    this.tellStale();
    const lanes = this.current();
    this.busy(true);
    await this.exchange(lanes, (lane) => this.request(lane, documents), documents);
  }

  /** Asks about the documents on show again, after something was moved. */
  async confirm() {
    if (!this.sent) return;
    const { query, documents } = this.sent;
    const lanes = this.current();
    lanes.forEach((l) => l.say("asking"));
    await this.exchange(lanes, (lane) => ({ ...this.request(lane, documents), query }), documents);
  }

  async exchange(lanes, request, documents) {
    this.running?.abort();
    const mine = this.running = new AbortController();
    const key = byId("key").value;
    try {
      const answers = await Promise.all(lanes.map((lane) =>
        ask("prune", { key, signal: mine.signal, body: { ...request(lane), explain: true, offsets: "utf16" } })));
      this.clearFault();
      const sources = documents.map((d) => ({ text: d.text }));
      lanes.forEach((lane, i) => lane.take(answers[i], sources));
      this.results.setLanes(this.current());
      performance.mark("answered");
      this.tellCode();
      announce(summary(lanes));
    } catch (err) {
      if (err.name === "AbortError") return;
      lanes.forEach((l) => l.data && l.say("failed"));
      this.fail(err);
    } finally {
      if (this.running === mine) {
        this.running = null;
        this.busy(false);
      }
    }
  }

  stop() {
    this.running?.abort();
    this.running = null;
    this.busy(false);
  }

  busy(on) {
    byId("go").textContent = on ? "Stop" : "Prune";
    byId("results").setAttribute("aria-busy", String(on));
  }

  /** Something was moved: lane, or the budget of all. */
  moved(lane) {
    const lanes = (lane ? [lane] : this.current()).filter((l) => l.data);
    if (lanes.length === 0) return;
    lanes.forEach((l) => l.estimate());
    this.results.paint();
    clearTimeout(this.timer);
    this.running?.abort();
    this.timer = setTimeout(() => this.confirm(), REST);
  }

  tellStale() {
    if (!this.sent) return;
    const now = this.documents.request();
    this.stale.hidden = byId("query").value === this.sent.query && now.length === this.sent.documents.length &&
      now.every((d, i) => d.text === this.sent.documents[i].text && d.html === this.sent.documents[i].html);
  }

  clearFault() {
    clearInterval(this.countdown);
    byId("fault").hidden = true;
  }

  /** Shows an error with what can be done about it. */
  fail(err) {
    if (!(err instanceof Fault)) throw err;
    const { problem, status, retryAfter } = err;
    if (status === 401) byId("key-field").hidden = false;
    clearInterval(this.countdown);
    const pointless = status >= 400 && status < 500 && status !== 429; // to ask the same again
    const again = el("button", { type: "button" }, "Try again");
    again.addEventListener("click", () => this.run());
    byId("fault").replaceChildren(
      el("strong", {}, problem.title + (status ? ` (${status})` : "")),
      ...(problem.detail ? [el("p", {}, problem.detail)] : []),
      ...(problem.errors?.length ? [el("ul", {}, ...problem.errors.map((e) => this.fieldError(e)))] : []),
      ...(pointless ? [] : [again]));
    byId("fault").hidden = false;
    if (retryAfter > 0) this.wait(again, Math.min(retryAfter, LONGEST_WAIT));
    if (status === 401) byId("key").focus();
  }

  /** Counts the seconds down that the server asked to wait. */
  wait(button, seconds) {
    button.disabled = true;
    const tell = () => {
      button.textContent = seconds > 0 ? `Try again in ${seconds} s` : "Try again";
      button.disabled = seconds > 0;
      if (seconds-- <= 0) clearInterval(this.countdown);
    };
    this.countdown = setInterval(tell, 1000);
    tell();
  }

  fieldError({ pointer, message }) {
    const at = /^\/documents\/(\d+)/.exec(pointer);
    const place = el("code", {}, pointer || "the request");
    if (!at) return el("li", {}, place, " ", message);
    const b = el("button", { type: "button", className: "quiet" }, "Document " + (Number(at[1]) + 1));
    b.addEventListener("click", () => this.documents.show(Number(at[1])));
    return el("li", {}, place, " ", message, " ", b);
  }

  buildTabs() {
    const tabs = languages.map(([language, name], i) => {
      const b = el("button", { type: "button", role: "tab", id: "tab-" + language, "aria-controls": "snippet" }, name);
      b.addEventListener("click", () => this.showTab(language));
      b.addEventListener("keydown", (e) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
        if (!step) return;
        const next = tabs[(i + step + tabs.length) % tabs.length];
        next.focus();
        next.click();
      });
      return b;
    });
    byId("tabs").replaceChildren(...tabs);
    this.showTab(this.language);
  }

  showTab(language) {
    this.language = language;
    for (const b of byId("tabs").children) {
      const on = b.id === "tab-" + language;
      b.setAttribute("aria-selected", String(on));
      b.tabIndex = on ? 0 : -1;
    }
    byId("snippet").setAttribute("aria-labelledby", "tab-" + language);
    this.tellCode();
  }

  tellCode() {
    byId("code").hidden = !this.sent;
    if (!this.sent) return;
    const request = { ...this.request(this.current()[0], this.sent.documents), query: this.sent.query };
    byId("snippet").textContent = snippet(this.language, new URL("prune", location.href).href, request, byId("key").value !== "");
  }
}

new Playground().start();
