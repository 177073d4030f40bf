// Elements, numbers and the theme: what every part of the page uses. Text of
// documents goes through textContent and append only, which never make markup.

export const byId = (id) => document.getElementById(id);

/** Makes an element; properties with a dash or "role" become attributes. */
export function el(tag, props, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined) continue;
    if (name === "role" || name === "for" || name.includes("-")) e.setAttribute(name, value);
    else e[name] = value;
  }
  e.append(...children);
  return e;
}

/** Makes an SVG element with attributes. */
export function svg(tag, attributes, ...children) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

const grouped = new Intl.NumberFormat("en");
export const count = (n) => grouped.format(Math.round(n));
export const plural = (n, one, many = one + "s") => count(n) + " " + (n === 1 ? one : many);

/** The share of before that is gone, in percent. */
export function saved(before, after) {
  return before > 0 ? Math.round((100 * (before - after)) / before) + " %" : "–";
}

/** Milliseconds for people. */
export function duration(ms) {
  if (ms >= 1000) return (ms / 1000).toFixed(ms < 9950 ? 1 : 0) + " s";
  return ms.toFixed(ms < 10 ? 1 : 0) + " ms";
}

/** A threshold as short as it can be, with at most three decimals. */
export const decimal = (t) => String(Math.round(t * 1000) / 1000);

/** Puts the text of an element on the clipboard, or selects it where that is not allowed, and says so on button and by say. */
export async function copyText(element, button, say) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(element);
    button.textContent = "Selected";
  }
  say(button.textContent + ".");
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

const THEMES = { auto: "Theme: auto", light: "Theme: light", dark: "Theme: dark" };

/** Makes button switch between the system's theme, light and dark. */
export function themeSwitch(button) {
  const show = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = THEMES[theme];
    document.dispatchEvent(new Event("theme"));
  };
  let theme = "auto";
  try { theme = localStorage.getItem("ragprune-theme") ?? "auto"; } catch { /* no storage */ }
  if (!(theme in THEMES)) theme = "auto";
  show(theme);
  button.addEventListener("click", () => {
    const names = Object.keys(THEMES);
    theme = names[(names.indexOf(theme) + 1) % names.length];
    try { localStorage.setItem("ragprune-theme", theme); } catch { /* no storage */ }
    show(theme);
  });
}
