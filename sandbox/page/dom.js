// Small things every module needs. HTML that is put into the page comes from the server's escaping renderer only.

export const byId = (id) => document.getElementById(id);

// An element with attributes and children; strings become text, never markup.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

const MARKS = ["data-do", "data-who", "data-where", "data-ts", "data-block-id", "data-action-id", "data-value", "data-element"];

// A selector by which the same control is found again after its surroundings were drawn anew.
function markOf(element) {
  if (element.id && !element.id.startsWith("bk-")) return `#${CSS.escape(element.id)}`;
  const holder = element.closest("[data-block-id][data-action-id]");
  const own = MARKS.filter((name) => element.hasAttribute(name)).map((name) => `[${name}="${CSS.escape(element.getAttribute(name))}"]`);
  if (own.length) return own.join("");
  if (holder && holder !== element && element.matches("input")) {
    return `[data-block-id="${CSS.escape(holder.dataset.blockId)}"][data-action-id="${CSS.escape(holder.dataset.actionId)}"] input[value="${CSS.escape(element.value)}"]`;
  }
  return element.matches("summary") ? "summary" : null;
}

// Change what is inside `place` with `change`, and put the focus back where it was; else call `orElse`.
export function keepingFocus(place, change, orElse) {
  const active = document.activeElement;
  const inside = active && active !== place && place.contains(active);
  const mark = inside ? markOf(active) : null;
  const caret = inside && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  change();
  if (!inside || active.isConnected) return;
  const again = mark && place.querySelector(mark);
  if (again) {
    again.focus({ preventScroll: true });
    if (caret && caret[0] !== null && again.setSelectionRange) {
      try { again.setSelectionRange(...caret); } catch { /* a field without a caret, such as a date */ }
    }
  } else orElse?.();
}

export function draw(place, html, orElse) {
  const open = openIn(place);
  keepingFocus(place, () => {
    place.innerHTML = html;
    reopen(place, open);
  }, orElse);
}

// Which menus stand open, so that drawing anew does not shut them under somebody's hand.
export const openIn = (place) => [...place.querySelectorAll("details")].map((menu) => menu.open);

export function reopen(place, open) {
  const menus = [...place.querySelectorAll("details")];
  if (menus.length === open.length) menus.forEach((menu, at) => { menu.open = open[at]; });
}

let saying = Promise.resolve();

// Have a screen reader say something. One after the other, for a live region that changes too fast is not read.
export function say(text) {
  const place = byId("said");
  saying = saying.then(() => new Promise((next) => {
    place.textContent = text;
    setTimeout(next, 400);
  }));
}

// A line at the bottom that goes by itself, for what went wrong.
export function toast(text) {
  const close = make("button", { type: "button", class: "plain", "aria-label": "Dismiss" }, "✕");
  const line = make("div", { class: "toast" }, make("span", {}, text), close);
  close.addEventListener("click", () => line.remove());
  byId("toasts").append(line);
  setTimeout(() => line.remove(), 12000);
}
