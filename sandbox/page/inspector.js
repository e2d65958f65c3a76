// What travels between Slack and the bot, newest first. Everything here is text, never markup.

import { byId, make } from "./dom.js";

const MOST = 300;

export class Inspector {
  #entries = [];
  #list = byId("traffic");
  #filter = byId("filter");
  #ways = byId("ways");

  constructor() {
    this.#filter.addEventListener("input", () => this.#refilter());
    this.#ways.addEventListener("change", () => this.#refilter());
    byId("wipe").addEventListener("click", () => {
      this.#entries = [];
      this.#list.replaceChildren();
      this.#refilter();
    });
    this.#list.addEventListener("keydown", (event) => this.#walk(event));
  }

  forget() {
    byId("wipe").click();
  }

  add(entries) {
    for (const entry of entries) {
      const line = this.#line(entry);
      this.#entries.push({ line, entry, text: JSON.stringify(entry).toLowerCase() });
      this.#list.prepend(line);
    }
    while (this.#entries.length > MOST) this.#entries.shift().line.remove();
    this.#refilter();
  }

  #refilter() {
    const [words, way] = [this.#filter.value.trim().toLowerCase(), this.#ways.value];
    let seen = 0;
    for (const { line, entry, text } of this.#entries) {
      const fits = text.includes(words) && (!way || (way === "bad" ? !entry.ok : entry.way === way));
      line.hidden = !fits;
      seen += fits;
    }
    byId("no-traffic").hidden = this.#entries.length > 0;
    this.#list.dataset.seen = seen;
  }

  #line(entry) {
    const out = entry.way === "out";
    const head = make("summary", {},
      make("span", { class: `way ${entry.way}`, title: out ? "Slack to the bot" : "The bot to Slack" }, out ? "→" : "←"),
      make("span", { class: "hidden" }, out ? "To the bot: " : "From the bot: "),
      make("span", { class: "traffic-title" }, entry.title),
      make("span", { class: `status ${entry.ok ? "fine" : "bad"}` }, entry.status),
      make("span", { class: `took ${entry.ms > 2000 ? "long" : ""}` }, `${entry.ms} ms`));
    const about = [entry.who, entry.detail, `at ${entry.at.slice(0, 19).replace("T", " ")} UTC`].filter(Boolean).join(" · ");
    const body = make("div", { class: "traffic-body" }, make("p", { class: "traffic-about" }, about));
    const details = make("details", {}, head, body);
    details.addEventListener("toggle", () => {
      if (details.open && body.childElementCount === 1) this.#fill(body, entry);
    });
    return make("li", {}, details);
  }

  #fill(body, entry) {
    for (const [name, value] of Object.entries(entry.parts)) {
      const copy = make("button", { type: "button", class: "plain-words", "aria-label": `Copy the ${name}` }, "Copy");
      copy.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(JSON.stringify(value, null, 2));
          copy.textContent = "Copied";
        } catch {
          copy.textContent = "Not allowed";
        }
        setTimeout(() => { copy.textContent = "Copy"; }, 2000);
      });
      body.append(make("div", { class: "traffic-part" }, make("h3", {}, name), copy), tree(value, "", 2));
    }
  }

  #walk(event) {
    if (!event.target.matches("li > details > summary")) return;
    const all = [...this.#list.querySelectorAll(":scope > li:not([hidden]) > details > summary")];
    const to = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!to) return;
    event.preventDefault();
    all[all.indexOf(event.target) + to]?.focus();
  }
}

// JSON that opens and closes, open to some depth.
function tree(value, name, depth) {
  const label = name === "" ? [] : [make("span", { class: "json-key" }, name), ": "];
  if (value === null || typeof value !== "object") {
    const kind = value === null ? "null" : typeof value;
    return make("div", { class: "json-leaf" }, ...label, make("span", { class: `json-${kind}` }, JSON.stringify(value)));
  }
  const entries = Object.entries(value);
  const size = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  if (!entries.length) return make("div", { class: "json-leaf" }, ...label, Array.isArray(value) ? "[]" : "{}");
  const branch = make("details", { class: "json", open: depth > 0 }, make("summary", {}, ...label, make("span", { class: "json-size" }, size)));
  const grow = () => {
    if (branch.childElementCount === 1) branch.append(make("div", { class: "json-inside" }, ...entries.map(([key, inner]) => tree(inner, key, depth - 1))));
  };
  if (depth > 0) grow();
  else branch.addEventListener("toggle", grow, { once: true });
  return branch;
}
