// What a threshold or a budget would keep, from the scores that an answer
// explains. It follows the rule of the server: a score must exceed the
// threshold, boilerplate the one of "aggressive"; with what is kept come the
// page's title and the headings above. What else comes along, such as the
// header of a table, and the exact tokens are known to the server alone, whose
// answer replaces all of this.

/** The reasons of units that are kept whatever their score. */
const PINNED = new Set(["pinned", "pattern"]);

/** Prepares an answer to rule so that deciding anew is one pass over numbers. */
export function prepare(answer, sources, rule) {
  const docs = answer.results.map((r) => prepareDocument(r, sources[r.index] ?? {}));
  const lane = { answer, docs, tokens: answer.usage.tokens_after, confirmed: true, ranked: null };
  let chars = 0, tokens = 0;
  for (const d of docs) {
    chars += d.confirmedChars;
    tokens += d.confirmedChars > 0 ? d.result.tokens.after : 0;
  }
  for (const d of docs) d.limits = rule.budget > 0 ? "" : limits(d, rule).join();
  const usual = chars > 0 ? tokens / chars : 0.25;
  for (const d of docs) {
    d.ratio = d.confirmedChars > 0 ? d.result.tokens.after / d.confirmedChars : usual;
  }
  return lane;
}

function prepareDocument(result, source) {
  const units = result.units ?? [];
  const n = units.length;
  const d = {
    result, units, source,
    scores: new Float64Array(n), chars: new Uint32Array(n),
    demoted: new Uint8Array(n), pinned: new Uint8Array(n),
    above: new Int32Array(n).fill(-1), titles: [],
    answered: new Uint8Array(n), kept: new Uint8Array(n),
    confirmedChars: 0, limits: "", tokens: result.tokens.after, size: 0, ratio: 0.25,
  };
  const headings = []; // that stand above, outermost first
  for (let i = 0; i < n; i++) {
    const u = units[i];
    d.scores[i] = u.score;
    d.chars[i] = u.text.length;
    d.demoted[i] = u.boilerplate ? 1 : 0;
    d.pinned[i] = u.kept && PINNED.has(u.why) ? 1 : 0;
    d.answered[i] = d.kept[i] = u.kept ? 1 : 0;
    if (u.kept) {
      d.confirmedChars += d.chars[i];
      d.size++;
    }
    if (u.kind === "title") {
      d.titles.push(i);
      continue;
    }
    const level = u.kind === "heading" ? levelOf(u, source) : 7;
    while (level < 7 && headings.length > 0 && headings.at(-1).level >= level) headings.pop();
    d.above[i] = headings.at(-1)?.unit ?? -1;
    if (level < 7) headings.push({ level, unit: i });
  }
  return d;
}

function levelOf(unit, source) {
  const tag = /(?:^|>)h([1-6])(?:\[\d+\])?(?:>[^>]*)?$/.exec(unit.path ?? "");
  if (tag) return Number(tag[1]);
  const text = source.text ?? "";
  const line = text.slice(text.lastIndexOf("\n", unit.start - 1) + 1, unit.start);
  return /#{1,6}/.exec(line)?.[0].length ?? 2;
}

/**
 * Decides anew for all documents of a lane.
 *
 * rule has threshold, preset (a name, empty for an own threshold), presets (of
 * every scorer), budget (0: none), demote and scorer.
 */
export function decide(lane, rule) {
  if (rule.budget > 0) fit(lane, rule);
  else for (const d of lane.docs) byThreshold(d, rule);
  settle(lane);
}

/** Takes back what was decided here. */
export function restore(lane) {
  for (const d of lane.docs) d.kept.set(d.answered);
  settle(lane);
}

/** The score that a unit must exceed, and a boilerplate one. */
function limits(d, rule) {
  let threshold = rule.threshold, used = rule.scorer;
  if (d.result.degraded) {
    // A cheaper scorer has its own thresholds and ignores the one asked for.
    used = d.result.degraded.used;
    if (used === "original") return [-1, -1];
    const presets = rule.presets[used] ?? {};
    if (used !== rule.scorer) threshold = presets[rule.preset] ?? presets.balanced ?? threshold;
  }
  const strict = Math.max(threshold, rule.presets[used]?.aggressive ?? 0);
  const equal = rule.budget > 0 || threshold === 0 || !rule.demote;
  return [threshold, equal ? threshold : strict];
}

function byThreshold(d, rule) {
  const { scores, demoted, pinned, kept, units } = d;
  const [limit, strict] = limits(d, rule);
  if (d.limits === `${limit},${strict}`) {
    kept.set(d.answered); // as the server decided
    return;
  }
  let any = false;
  for (let i = 0; i < scores.length; i++) {
    const is = pinned[i] === 1 || scores[i] > (demoted[i] ? strict : limit);
    kept[i] = is ? 1 : 0;
    any ||= is;
  }
  if (!any) return;
  for (const i of d.titles) kept[i] = 1;
  for (let i = units.length - 1; i >= 0; i--) {
    if (kept[i] === 1 && d.above[i] >= 0) kept[d.above[i]] = 1;
  }
}

/** Accepts the best units of all documents that fit, by an estimate. */
function fit(lane, rule) {
  rank(lane);
  let left = rule.budget;
  for (const d of lane.docs) {
    d.kept.fill(0);
    [d.limit] = limits(d, rule);
    d.size = 0;
  }
  const { documentOf, unitOf } = lane.ranked;
  for (const turn of [TURN_PINNED, TURN_WANTED, TURN_DEMOTED]) {
    for (let at = 0; at < unitOf.length; at++) {
      const d = lane.docs[documentOf[at]], i = unitOf[at];
      if (d.kept[i] === 1 || turnOf(d, i, rule) !== turn) continue;
      if (turn !== TURN_PINNED && d.scores[i] <= d.limit) continue;
      const needed = missing(d, i);
      const cost = needed.reduce((sum, u) => sum + d.chars[u] * d.ratio, 0);
      if (cost > left) continue;
      left -= cost;
      for (const u of needed) d.kept[u] = 1;
      d.size += needed.length;
    }
  }
}

const TURN_PINNED = 0, TURN_WANTED = 1, TURN_DEMOTED = 2;

function turnOf(d, i, rule) {
  if (d.pinned[i] === 1) return TURN_PINNED;
  return d.demoted[i] === 1 && rule.demote ? TURN_DEMOTED : TURN_WANTED;
}

function missing(d, i) {
  const needed = d.size === 0 ? d.titles.filter((u) => u !== i) : [];
  for (let u = i; u >= 0 && d.kept[u] === 0; u = d.above[u]) needed.push(u);
  return needed;
}

/**
 * Ranks all units, the better score, the better document and the earlier
 * first. A budget needs it; it is best done before a slider is moved.
 */
export function rank(lane) {
  if (lane.ranked) return;
  const n = lane.docs.reduce((sum, d) => sum + d.units.length, 0);
  const documents = new Uint32Array(n), units = new Uint32Array(n), scores = new Float64Array(n);
  let at = 0;
  lane.docs.forEach((d, index) => {
    for (let i = 0; i < d.units.length; i++, at++) {
      documents[at] = index;
      units[at] = i;
      scores[at] = d.scores[i];
    }
  });
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => scores[b] - scores[a] ||
    lane.docs[documents[b]].result.score - lane.docs[documents[a]].result.score || a - b);
  lane.ranked = { documentOf: order.map((i) => documents[i]), unitOf: order.map((i) => units[i]) };
}

/** Counts what is kept; where that is what the server kept, its tokens hold. */
function settle(lane) {
  lane.tokens = 0;
  lane.confirmed = true;
  for (const d of lane.docs) {
    let chars = 0, size = 0, same = true;
    for (let i = 0; i < d.kept.length; i++) {
      if (d.kept[i] === 1) {
        size++;
        chars += d.chars[i];
      }
      same &&= d.kept[i] === d.answered[i];
    }
    d.size = size;
    d.tokens = same ? d.result.tokens.after : Math.min(Math.round(chars * d.ratio), d.result.tokens.before);
    lane.tokens += d.tokens;
    lane.confirmed &&= same;
  }
}

/** The number of scores in each of so many steps of a scale from 0 to 1. */
export function histogram(lane, steps, placeOf) {
  const bins = new Uint32Array(steps);
  for (const d of lane.docs) for (const s of d.scores) bins[Math.min(steps - 1, Math.floor(placeOf(s) * steps))]++;
  return bins;
}

/** Why a unit is kept or not after deciding anew. */
export function reason(d, i, rule) {
  const u = d.units[i];
  if ((d.kept[i] === 1) === u.kept) return u.why;
  const [limit, strict] = limits(d, rule);
  if (d.kept[i] === 1) {
    if (d.scores[i] > (u.boilerplate ? strict : limit)) return "threshold";
    return u.kind === "title" || u.kind === "heading" ? u.kind : "structure";
  }
  if (d.scores[i] <= limit) return "below_threshold";
  return rule.budget > 0 ? "budget" : "boilerplate";
}
