// Prunes two documents and ranks them: node dist/example.js [URL]. It prints
// one line of JSON for each.

import { Ragprune, RagpruneError } from "./index.js";

const baseUrl = process.argv[2] ?? "http://127.0.0.1:8080";
const ragprune = new Ragprune({ baseUrl });
const query = "How long did the Apollo 11 crew stay on the Moon?";

const { results, usage } = await ragprune.prune({
  query,
  documents: [
    "Apollo 11 launched on July 16, 1969. Armstrong and Aldrin spent 21 hours and 36 minutes on the lunar surface.",
    { id: "shop", html: "<ul><li>Home<li>Shop</ul><p>Our Apollo watch is 20 % off this week.</p>" },
  ],
  preset: "aggressive",
  offsets: "utf16",
});
for (const { index, id, score, text, kept } of results) {
  console.log(JSON.stringify({ index, id, score, text, kept }));
}
console.log(JSON.stringify(usage));

const ranked = await ragprune.rerank({
  model: "ragprune:prune",
  query,
  documents: ["Bananas are rich in potassium.", "Armstrong and Aldrin spent 21 hours on the Moon."],
});
console.log(JSON.stringify(ranked.results));

try {
  await ragprune.prune({ query: " ", documents: ["text"] });
} catch (error) {
  if (!(error instanceof RagpruneError)) {
    throw error;
  }
  console.log(JSON.stringify({ status: error.status, code: error.problem?.code, message: error.message }));
}
