// A report: the answer to one request, in the page itself. The sliders show
// what another threshold or budget would keep; there is no server to ask.

import { byId, themeSwitch } from "./dom.js";
import { Lane } from "./lane.js";
import { announce, Results } from "./results.js";

function report({ request, answer, scorer, presets }) {
  byId("query").textContent = request.query;
  byId("model").textContent = answer.model;
  document.title = request.query + " – ragprune report";
  const results = new Results(byId("answer"), { say: announce, changed: () => moved() });
  const lane = new Lane({
    scorer, presets, report: true, preset: request.preset, threshold: request.threshold, changed: () => moved(),
    shared: () => ({ budget: results.budget, demote: (request.boilerplate ?? "demote") === "demote" }),
  });
  const moved = () => {
    lane.estimate();
    results.paint();
  };
  results.budget = request.max_tokens ?? 0;
  lane.take(answer, request.documents);
  results.setLanes([lane]);
  byId("restore").addEventListener("click", () => {
    results.budget = request.max_tokens ?? 0;
    results.tellBudget();
    lane.restore();
    results.paint();
  });
  themeSwitch(byId("theme"));
}

report(JSON.parse(byId("data").textContent));
