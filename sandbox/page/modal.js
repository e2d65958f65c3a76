// The bot's modals: one dialog, in which the view on top of the stack stands.

import { byId, keepingFocus } from "./dom.js";
import { restore, valuesIn } from "./elements.js";

const FIELDS = "input, select, textarea";

export class Modal {
  #dialog = byId("modal");
  #link;
  #shown = null;
  #opener = null;

  constructor(link) {
    this.#link = link;
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#leave(false);
    });
    this.#dialog.addEventListener("click", (event) => {
      const what = event.target.closest("[data-do]")?.dataset.do;
      if (what === "modal-back") this.#leave(false);
      if (what === "modal-all") this.#leave(true);
    });
    this.#dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    // As in Slack, an error goes when the person begins to mend it.
    this.#dialog.addEventListener("input", (event) => {
      const block = event.target.closest(".bk-input");
      block?.querySelector(".bk-error")?.remove();
      for (const field of block?.querySelectorAll("[aria-invalid]") ?? []) field.removeAttribute("aria-invalid");
    });
  }

  get isOpen() {
    return this.#shown !== null;
  }

  // Tell the server what stands in the fields, before the person looks elsewhere.
  keep() {
    if (this.#shown) this.#link.ask("keep", { view: this.#shown.id, values: valuesIn(this.#dialog) }).catch(() => {});
  }

  show(modal) {
    if (!modal) {
      if (this.#shown) this.#close();
      return;
    }
    const same = this.#shown?.id === modal.id;
    const entered = same ? valuesIn(this.#dialog) : null;
    const scrolled = same ? this.#dialog.querySelector(".modal-body").scrollTop : 0;
    const notifies = modal.errors && this.#shown?.html !== modal.html;
    if (!this.#shown) this.#opener = document.activeElement;
    this.#shown = modal;
    keepingFocus(this.#dialog, () => { this.#dialog.innerHTML = modal.html; }, () => this.#focusFirst());
    if (entered) restore(this.#dialog, entered);
    const body = this.#dialog.querySelector(".modal-body");
    body.scrollTop = scrolled;
    if (!this.#dialog.open) this.#dialog.showModal();
    if (body.scrollHeight > body.clientHeight) body.tabIndex = 0; // so that the arrows can scroll it
    if (!same) this.#focusFirst();
    if (notifies) this.#dialog.querySelector("[aria-invalid], .bk-error")?.closest(".bk-input")?.querySelector(FIELDS)?.focus();
  }

  // One of Slack's own error lines, where the person is looking.
  trouble(text) {
    const place = this.#dialog.querySelector(".modal-trouble");
    if (place) place.textContent = text;
  }

  #focusFirst() {
    const body = this.#dialog.querySelector(".modal-body");
    const wanted = body.querySelector("[data-focus='true']") ?? body.querySelector(FIELDS);
    (wanted ?? this.#dialog.querySelector("footer .primary") ?? this.#dialog.querySelector("footer .button") ?? body).focus();
  }

  #busy(on) {
    const send = this.#dialog.querySelector("footer .primary");
    send?.toggleAttribute("disabled", on);
    send?.setAttribute("aria-busy", String(on));
  }

  async #submit() {
    const view = this.#shown?.id;
    if (!view || !this.#dialog.querySelector("button[type=submit]") || this.#dialog.querySelector("[aria-busy=true]")) return;
    this.trouble("");
    this.#busy(true);
    try {
      await this.#link.ask("submit", { view, values: valuesIn(this.#dialog) });
    } catch (error) {
      this.trouble(error.message);
    } finally {
      this.#busy(false);
    }
  }

  #leave(everything) {
    if (this.#shown) this.#link.ask("close", { view: this.#shown.id, everything }).catch((error) => this.trouble(error.message));
  }

  #close() {
    this.#shown = null;
    this.#dialog.close();
    this.#dialog.replaceChildren();
    if (this.#opener?.isConnected) this.#opener.focus();
    else byId("title").focus();
    this.#opener = null;
  }
}
