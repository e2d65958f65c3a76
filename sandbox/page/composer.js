// Where a person types: a message, or a command with help from the manifest.

import { byId, make, toast } from "./dom.js";

let count = 0;

export class Composer {
  #link;
  #commands = () => [];
  #thread;
  #form;
  #field;
  #list;
  #shown = [];
  #at = -1;
  #dismissed = "";
  #drafts = new Map();
  #of = "";

  // `commands` gives the manifest's commands; `thread` the open thread, where it writes into one.
  constructor(link, place, commands, thread = () => null) {
    this.#link = link;
    this.#commands = commands;
    this.#thread = thread;
    place.append(byId("composer-form").content.cloneNode(true));
    this.#form = place.querySelector("form");
    this.#field = this.#form.querySelector("textarea");
    this.#list = this.#form.querySelector(".suggestions");
    this.#field.id = `${place.id}-text`;
    this.#list.id = `suggestions-${++count}`;
    this.#list.setAttribute("aria-label", "Commands");
    this.#field.setAttribute("aria-controls", this.#list.id);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#field.addEventListener("input", () => this.#typed());
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#field.addEventListener("blur", () => this.#suggest([]));
    this.#field.addEventListener("focus", () => this.#typed());
    this.#list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) this.#take(Number(option.dataset.at));
    });
    this.#form.querySelector(".composer-slash").addEventListener("click", () => {
      if (!this.#field.value.startsWith("/")) this.#field.value = `/${this.#field.value}`;
      this.#dismissed = "";
      this.#field.focus();
      this.#typed();
    });
  }

  // What it is for now. A draft waits where it was begun.
  look(of, placeholder) {
    this.#field.placeholder = placeholder;
    this.#field.setAttribute("aria-label", placeholder);
    if (of === this.#of) return;
    this.#drafts.set(this.#of, this.#field.value);
    this.#of = of;
    this.#field.value = this.#drafts.get(of) ?? "";
    this.#typed();
  }

  focus() {
    this.#field.focus();
  }

  async #send() {
    const text = this.#field.value;
    if (!text.trim()) return;
    const wait = this.#form.querySelector(".composer-wait");
    this.#field.value = "";
    this.#typed();
    const slow = setTimeout(() => { wait.textContent = text.startsWith("/") ? "Waiting for Ally…" : "Sending…"; }, 700);
    try {
      await this.#link.ask("say", { text, thread: this.#thread() });
    } catch (error) {
      if (!this.#field.value) this.#field.value = text; // nothing typed is lost
      this.#typed();
      toast(error.message);
    } finally {
      clearTimeout(slow);
      wait.textContent = "";
    }
  }

  #key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (this.#shown.length && step) {
      event.preventDefault();
      this.#mark((this.#at + step + this.#shown.length) % this.#shown.length);
    } else if (this.#shown.length && event.key === "Tab" && !event.shiftKey) {
      event.preventDefault();
      this.#take(Math.max(this.#at, 0));
    } else if (this.#shown.length && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.#dismissed = this.#field.value;
      this.#suggest([]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (this.#shown.length && this.#at >= 0) this.#take(this.#at);
      else this.#send();
    }
  }

  #typed() {
    this.#field.rows = Math.min(8, this.#field.value.split("\n").length);
    this.#form.querySelector(".send").disabled = !this.#field.value.trim();
    if (this.#field.value !== this.#dismissed) this.#dismissed = "";
    const wanted = document.activeElement === this.#field && !this.#dismissed ? this.#fitting(this.#field.value) : [];
    this.#suggest(wanted);
  }

  // Commands while the first word is typed; then the words that the command's usage hint names.
  #fitting(text) {
    const found = /^\/(\S*)( \S*)?$/.exec(text);
    if (!found) return [];
    const commands = this.#commands();
    if (found[2] === undefined) {
      return commands
        .filter((command) => command.name.startsWith(`/${found[1]}`) && command.name !== text)
        .map((command) => ({ fill: `${command.name} `, name: command.name, rest: command.hint, about: command.description, first: true }));
    }
    const command = commands.find((one) => one.name === `/${found[1]}`);
    const begun = found[2].trim();
    return (command?.words ?? [])
      .filter(([word]) => word.startsWith(begun) && word !== begun)
      .map(([word, rest]) => ({ fill: `${command.name} ${word}${rest ? " " : ""}`, name: `${command.name} ${word}`, rest, about: "" }));
  }

  #suggest(options) {
    this.#shown = options;
    this.#list.hidden = !options.length;
    this.#list.replaceChildren(...options.map((option, at) =>
      make("div", { role: "option", id: `${this.#list.id}-${at}`, "data-at": at, "aria-selected": "false" },
        make("b", {}, option.name), " ", make("span", { class: "suggestion-rest" }, option.rest),
        ...(option.about ? [make("span", { class: "suggestion-about" }, option.about)] : []))));
    this.#mark(options[0]?.first ? 0 : -1);
  }

  #mark(at) {
    this.#at = at;
    [...this.#list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    this.#list.children[at]?.scrollIntoView({ block: "nearest" });
    if (at >= 0) this.#field.setAttribute("aria-activedescendant", `${this.#list.id}-${at}`);
    else this.#field.removeAttribute("aria-activedescendant");
  }

  #take(at) {
    const option = this.#shown[at];
    if (!option) return;
    this.#field.value = option.fill;
    this.#field.setSelectionRange(option.fill.length, option.fill.length);
    this.#dismissed = "";
    this.#typed();
  }
}
