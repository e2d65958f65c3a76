// Block Kit's elements at work: what was pressed or chosen goes to the server, with what stands in the fields beside.

import { toast } from "./dom.js";
import { confirmed } from "./confirm.js";

// What an element holds now, as the server wants it: text, one value, or a list of values.
export function valueOf(element) {
  if (element.matches("fieldset")) {
    const checked = [...element.querySelectorAll("input:checked")].map((input) => input.value);
    return element.dataset.element === "radio_buttons" ? (checked[0] ?? null) : checked;
  }
  if (element.matches("button, a")) return element.dataset.value ?? null;
  return element.value;
}

const isField = (element) => element.matches("fieldset, select, input, textarea");

// Everything entered inside `place`, by block_id and action_id.
export function valuesIn(place) {
  const values = {};
  for (const element of place.querySelectorAll("[data-element][data-action-id]")) {
    if (isField(element)) (values[element.dataset.blockId] ??= {})[element.dataset.actionId] = valueOf(element);
  }
  return values;
}

function enter(element, value) {
  if (element.matches("fieldset")) {
    for (const input of element.querySelectorAll("input")) input.checked = [value].flat().includes(input.value);
  } else element.value = value ?? "";
}

// Put back what a person had entered, after the same fields were drawn anew.
export function restore(place, values) {
  for (const element of place.querySelectorAll("[data-element][data-action-id]")) {
    const kept = values[element.dataset.blockId]?.[element.dataset.actionId];
    if (kept !== undefined && isField(element)) enter(element, kept);
  }
}

// What stood in a field when it was entered, for whoever is asked "are you sure?" and is not.
const before = new WeakMap();

function placeOf(element) {
  const message = element.closest(".message");
  if (message) return { message: message.dataset.ts };
  const modal = element.closest("form.modal");
  if (modal) return { view: modal.dataset.view, values: valuesIn(modal) };
  const home = element.closest("[data-home]");
  return home ? { view: home.dataset.home, values: valuesIn(home) } : null;
}

async function press(link, element) {
  const place = placeOf(element);
  if (!place || element.getAttribute("aria-busy") === "true") return;
  if (!(await confirmed(element.dataset.confirm))) {
    if (isField(element) && before.has(element)) enter(element, before.get(element));
    return;
  }
  const menu = element.closest("details");
  const shown = menu ? menu.querySelector("summary") : element;
  if (menu) {
    menu.open = false;
    shown.focus();
  }
  // Only after a blink: what is answered at once should not flicker.
  const busy = setTimeout(() => shown.setAttribute("aria-busy", "true"), 120);
  try {
    await link.ask("press", { ...place, block: element.dataset.blockId, action: element.dataset.actionId, value: valueOf(element) });
  } catch (error) {
    toast(error.message);
  } finally {
    clearTimeout(busy);
    shown.removeAttribute("aria-busy");
  }
}

const sendsAtOnce = (element) => !element.closest(".bk-input") || element.dataset.dispatch === "true";

export function listen(link, root) {
  root.addEventListener("click", (event) => {
    const element = event.target.closest("button[data-element], a[data-element]");
    if (element) press(link, element);
  });
  root.addEventListener("focusin", (event) => {
    const element = event.target.closest("[data-element]");
    if (element && isField(element)) before.set(element, valueOf(element));
  });
  root.addEventListener("change", (event) => {
    const element = event.target.closest("[data-element]");
    if (element && isField(element) && sendsAtOnce(element)) press(link, element);
  });
  // A text field that sends does so on Enter, and does not send the whole modal with it.
  root.addEventListener("keydown", (event) => {
    const element = event.target.closest("input[data-dispatch='true']");
    if (element && event.key === "Enter") {
      event.preventDefault();
      press(link, element);
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.bk-overflow[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  root.addEventListener("keydown", (event) => inMenu(event));
}

// Arrows walk through an open menu, Escape closes it.
function inMenu(event) {
  const menu = event.target.closest("details.bk-overflow");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.preventDefault();
    event.stopPropagation();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  menu.open = true;
  const items = [...menu.querySelectorAll(".bk-item")];
  const at = items.indexOf(document.activeElement);
  items.at(at < 0 && step < 0 ? -1 : (at + step) % items.length)?.focus();
}
