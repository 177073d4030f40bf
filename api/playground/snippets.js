// The request of the page as code.

/** A longer document is cut in what is shown, with a word on it. */
const SHOWN = 1200;

const NAMES = { curl: "curl", python: "Python", typescript: "TypeScript" };

export const languages = Object.entries(NAMES);

/** The code of a request in one of the languages. */
export function snippet(language, url, request, keyed) {
  const cut = request.documents.some((d) => (d.text ?? d.html).length > SHOWN);
  const body = { ...request, documents: request.documents.map(shorten) };
  const code = { curl, python, typescript }[language](url, body, keyed);
  if (!cut) return code;
  return (language === "typescript" ? "// " : "# ") + "Long documents are cut here: put in your own.\n" + code;
}

function shorten(document) {
  const short = { ...document };
  for (const kind of ["text", "html"]) {
    if (short[kind]?.length > SHOWN) short[kind] = short[kind].slice(0, SHOWN) + " …";
  }
  return short;
}

function curl(url, body, keyed) {
  const key = keyed ? ` -H "Authorization: Bearer $RAGPRUNE_API_KEY" \\\n ` : "";
  const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return `curl -s ${url} ${key}-H 'Content-Type: application/json' -d '${json}'\n`;
}

function python(url, body, keyed) {
  const headers = keyed ? `, headers={\n    "Authorization": "Bearer " + os.environ["RAGPRUNE_API_KEY"],\n}` : "";
  return `import ${keyed ? "os\n\nimport " : ""}requests

answer = requests.post(${JSON.stringify(url)}, json=${literal(body)}${headers})
answer.raise_for_status()
context = "\\n\\n".join(r["text"] for r in answer.json()["results"] if r["text"])
`;
}

/** A JSON value as Python writes it. */
function literal(value, indent = "") {
  const inner = indent + "    ";
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const parts = Array.isArray(value) ? value.map((v) => literal(v, inner))
    : Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${literal(v, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return parts.length === 0 ? open + close : `${open}\n${parts.map((p) => inner + p + ",\n").join("")}${indent}${close}`;
}

function typescript(url, body, keyed) {
  const key = keyed ? "    Authorization: `Bearer ${process.env.RAGPRUNE_API_KEY}`,\n" : "";
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
${key}  },
  body: JSON.stringify(${JSON.stringify({ ...body, offsets: "utf16" }, null, 2).replaceAll("\n", "\n  ")}),
});
if (!response.ok) throw new Error(await response.text());
const { results } = await response.json();
`;
}
