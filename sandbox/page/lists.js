// Message lists: only what has changed is drawn, the newest stays in view, arrows walk through them.

import { keepingFocus, make, openIn, reopen } from "./dom.js";

const NEAR = 80; // pixels from the end that still count as reading the newest

export class MessageList {
  #place;
  #of = null;
  #shown = new Map();
  #atEnd = true;

  constructor(place) {
    this.#place = place;
    place.addEventListener("scroll", () => { this.#atEnd = this.#isNearEnd(); });
    // When a panel opens beside it, lines wrap anew, and the newest should not slip out of view.
    new ResizeObserver(() => { if (this.#atEnd) this.toEnd(); }).observe(place);
    place.addEventListener("keydown", (event) => this.#walk(event));
    place.addEventListener("focusin", (event) => {
      const message = event.target.closest(".message");
      if (message) this.#stop(message);
    });
  }

  show(part) {
    this.#place.hidden = !part;
    if (!part) {
      this.#of = null;
      return;
    }
    const elsewhere = part.of !== this.#of;
    if (elsewhere) {
      this.#place.replaceChildren();
      this.#shown.clear();
      this.#of = part.of;
    }
    const atEnd = elsewhere || this.#isNearEnd();
    const last = part.order.at(-1);
    const grew = !this.#shown.has(last);
    keepingFocus(this.#place, () => this.#apply(part), () => (this.#shown.get(last) ?? this.#place).focus?.({ preventScroll: true }));
    const messages = this.#place.querySelectorAll(".message");
    if (messages.length && !this.#place.querySelector(".message[tabindex='0']")) this.#stop(messages[messages.length - 1]);
    if (atEnd || (grew && this.#shown.get(last)?.matches(".ephemeral"))) this.toEnd();
  }

  #isNearEnd() {
    return this.#place.scrollHeight - this.#place.scrollTop - this.#place.clientHeight < NEAR;
  }

  toEnd() {
    this.#atEnd = true;
    this.#place.scrollTop = this.#place.scrollHeight;
  }

  #apply(part) {
    for (const [key, element] of this.#shown) {
      if (!part.order.includes(key)) {
        element.remove();
        this.#shown.delete(key);
      }
    }
    let before = null;
    for (const key of part.order) {
      let element = this.#shown.get(key);
      if (part.html[key] !== undefined) {
        const fresh = make("template");
        fresh.innerHTML = part.html[key].trim();
        const drawn = fresh.content.firstElementChild;
        if (element) {
          if (element.tabIndex === 0) drawn.tabIndex = 0;
          reopen(drawn, openIn(element));
          element.replaceWith(drawn);
        }
        element = drawn;
        this.#shown.set(key, element);
      }
      const wanted = before ? before.nextSibling : this.#place.firstChild;
      if (wanted !== element) this.#place.insertBefore(element, wanted);
      before = element;
    }
  }

  // One message at a time is a stop for Tab; the arrows lead to the others.
  #stop(message) {
    for (const other of this.#place.querySelectorAll(".message[tabindex='0']")) other.tabIndex = -1;
    message.tabIndex = 0;
  }

  #walk(event) {
    if (!event.target.matches(".message")) return;
    const all = [...this.#place.querySelectorAll(".message")];
    const at = all.indexOf(event.target);
    const to = { ArrowUp: all[at - 1], ArrowDown: all[at + 1], Home: all[0], End: all.at(-1) }[event.key];
    if (!to) return;
    event.preventDefault();
    to.focus();
  }
}
