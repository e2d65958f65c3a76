// The clock: ticks in the page between what the server says, and its buttons move it forward.

import { byId, say, toast } from "./dom.js";

export class ClockBar {
  #link;
  #at = null; // what the server said the time was, and when in this page's own seconds
  #forms = new Map();
  #bar = byId("clock");

  constructor(link) {
    this.#link = link;
    setInterval(() => this.tick(), 1000);
    this.#bar.addEventListener("click", (event) => {
      const to = event.target.closest("[data-clock]")?.dataset.clock;
      if (to) this.#move(to);
    });
  }

  set(now) {
    this.#at = { now, since: performance.now() };
    this.tick();
  }

  moving(on) {
    this.#bar.toggleAttribute("data-moving", on);
    for (const button of this.#bar.querySelectorAll("button")) button.setAttribute("aria-disabled", String(on));
  }

  tick() {
    if (!this.#at) return;
    const now = new Date(this.#at.now * 1000 + performance.now() - this.#at.since);
    for (const place of document.querySelectorAll("time[data-zone]")) {
      const text = this.#form(place.dataset.locale, place.dataset.zone).format(now);
      if (place.textContent !== text) place.textContent = text;
    }
  }

  #form(locale, zone) {
    const key = `${locale} ${zone}`;
    if (!this.#forms.has(key)) {
      const parts = { weekday: "short", hour: "numeric", minute: "2-digit", timeZone: zone };
      this.#forms.set(key, new Intl.DateTimeFormat(locale, parts));
    }
    return this.#forms.get(key);
  }

  async #move(to) {
    if (this.#bar.hasAttribute("data-moving")) return;
    this.moving(true);
    try {
      await this.#link.ask("clock", { to });
      say(`It is ${byId("people").querySelector("[aria-pressed=true] time")?.textContent ?? "later"} now.`);
    } catch (error) {
      toast(error.message);
    } finally {
      this.moving(false);
    }
  }
}
