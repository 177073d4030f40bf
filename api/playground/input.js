// The documents of a request: written, pasted, opened or dropped. The text of a
// document is in an editor only while that is open, so that a hundred long
// documents cost nothing.

import { byId, count, el, plural, svg } from "./dom.js";

/** Whether text looks like a page or a part of one. */
export const looksLikeHTML = (text) => /^\s*<(!doctype|!--|\/?[a-z][a-z0-9]*[\s/>])/i.test(text);

export class Documents {
  constructor(list, changed) {
    this.list = list;
    this.changed = changed;
    this.items = [];
    this.sum = byId("documents-sum");
  }

  /** The documents as a request has them. */
  request() {
    return this.items.map(({ id, kind, text }) => (id ? { id, [kind]: text } : { [kind]: text }));
  }

  /** Adds documents behind the others; a single one may be opened. */
  add(documents, open = false) {
    for (const document of documents) {
      const item = { id: "", kind: "text", text: "", ...document };
      this.items.push(item);
      this.list.append(this.build(item));
      this.tell(item);
      if (open) this.open(item);
    }
    this.told();
  }

  replace(documents) {
    this.items = [];
    this.list.replaceChildren();
    this.add(documents);
  }

  build(item) {
    const toggle = el("button", { type: "button", className: "name", "aria-expanded": "false" });
    const kind = el("select", { className: "quiet", "aria-label": "Notation" },
      el("option", { value: "text" }, "text"), el("option", { value: "html" }, "HTML"));
    kind.value = item.kind;
    const remove = el("button", { type: "button", className: "quiet", "aria-label": "Remove this document" }, 
      svg("svg", { class: "cross", viewBox: "0 0 10 10", "aria-hidden": "true" }, svg("path", { d: "M2 2l6 6M8 2l-6 6" })));
    const box = el("div", { className: "editor", hidden: true });
    item.element = el("li", {}, el("div", { className: "line" }, toggle, kind, remove), box);
    Object.assign(item, { toggle, kindBox: kind, box });
    toggle.addEventListener("click", () => (box.hidden ? this.open(item) : this.close(item)));
    kind.addEventListener("change", () => {
      item.kind = kind.value;
      this.tell(item);
      this.told();
    });
    remove.addEventListener("click", () => this.remove(item));
    return item.element;
  }

  open(item) {
    const area = el("textarea", { rows: 7, spellcheck: false, value: item.text, placeholder: "Text, Markdown or HTML", "aria-label": "Text of " + this.nameOf(item) });
    area.addEventListener("input", () => {
      if (item.text === "" && looksLikeHTML(area.value)) item.kind = item.kindBox.value = "html";
      item.text = area.value;
      this.tell(item);
      this.told();
    });
    item.box.replaceChildren(area);
    item.box.hidden = false;
    item.toggle.setAttribute("aria-expanded", "true");
    area.focus();
  }

  close(item) {
    item.box.replaceChildren();
    item.box.hidden = true;
    item.toggle.setAttribute("aria-expanded", "false");
  }

  remove(item) {
    const at = this.items.indexOf(item);
    this.items.splice(at, 1);
    item.element.remove();
    this.items.slice(at).forEach((behind) => this.tell(behind));
    this.told();
    (this.items[Math.min(at, this.items.length - 1)]?.toggle ?? byId("add")).focus();
  }

  /** Opens the document at a place of the request, for an error about it. */
  show(index) {
    const item = this.items[index];
    if (!item) return;
    if (item.box.hidden) this.open(item);
    item.element.scrollIntoView({ block: "nearest" });
    item.box.querySelector("textarea")?.focus();
  }

  nameOf(item) {
    return item.id || "document " + (this.items.indexOf(item) + 1);
  }

  /** Shows what a document begins with. */
  tell(item) {
    const start = item.text.slice(0, 2000);
    const title = item.kind === "html" ? /<title[^>]*>([^<]*)/i.exec(start)?.[1] || start.replace(/<[^>]*>/g, " ") : start;
    const words = title.trim().slice(0, 120);
    item.toggle.replaceChildren(
      el("span", { className: "number" }, String(this.items.indexOf(item) + 1)),
      el("span", { className: "start" }, item.id || words || "empty"),
      el("span", { className: "size" }, size(item.text.length)));
  }

  told() {
    const chars = this.items.reduce((n, { text }) => n + text.length, 0);
    this.sum.textContent = this.items.length === 0 ? "none yet" : `${plural(this.items.length, "document")}, ${size(chars)}`;
    this.changed();
  }

  async addFiles(files) {
    this.add(await Promise.all(files.map(async (file) => {
      const text = await file.text();
      const kind = /\.(x?html?)$/i.test(file.name) || file.type === "text/html" || looksLikeHTML(text) ? "html" : "text";
      return { id: file.name, kind, text };
    })));
  }
}

/** Thousands of characters, near enough. */
function size(chars) {
  return (chars < 10_000 ? (chars / 1000).toFixed(1) : count(chars / 1000)) + " kB";
}

/** Takes files that are dropped anywhere and text that is pasted outside of fields. */
export function takeDrops(documents, curtain, done) {
  let depth = 0;
  const over = (on) => { curtain.hidden = !on; };
  const has = (e) => [...(e.dataTransfer?.types ?? [])].some((t) => t === "Files" || t.startsWith("text/"));
  const inField = (e) => e.target.closest?.("textarea, input");
  addEventListener("dragenter", (e) => {
    if (has(e) && !inField(e)) over(++depth > 0);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) over(false);
  });
  addEventListener("dragover", (e) => {
    if (has(e) && (!inField(e) || e.dataTransfer.types.includes("Files"))) e.preventDefault();
  });
  const take = async (data) => {
    if (data.files.length > 0) return documents.addFiles([...data.files]);
    const html = data.getData("text/html"), text = data.getData("text/plain");
    if (html || looksLikeHTML(text)) documents.add([{ kind: "html", text: html || text }]);
    else if (text.trim()) documents.add([{ kind: "text", text }]);
  };
  addEventListener("drop", (e) => {
    depth = 0;
    over(false);
    if (inField(e) && e.dataTransfer.files.length === 0) return;
    e.preventDefault();
    take(e.dataTransfer).then(done);
  });
  addEventListener("paste", (e) => {
    if (inField(e) || !e.clipboardData) return;
    e.preventDefault();
    take(e.clipboardData).then(done);
  });
}
