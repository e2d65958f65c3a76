// The page: what the server draws is put in place, what a person does is sent.

import { ClockBar } from "./clock.js";
import { Composer } from "./composer.js";
import { byId, draw, say, toast } from "./dom.js";
import * as elements from "./elements.js";
import { Inspector } from "./inspector.js";
import * as keys from "./keys.js";
import { Link } from "./link.js";
import { MessageList } from "./lists.js";
import { Modal } from "./modal.js";

let commands = [];
let people = [];
let run = null;
let here = { who: "", where: "home", thread: null };
let fresh = performance.getEntriesByType("navigation")[0]?.type === "reload";

const link = new Link(onParts, onState);
const clock = new ClockBar(link);
const inspector = new Inspector();
const modal = new Modal(link);
const messages = new MessageList(byId("messages"));
const replies = new MessageList(byId("replies"));
const composer = new Composer(link, byId("composer"), () => commands);
const threadComposer = new Composer(link, byId("thread-composer"), () => commands, () => here.thread);

// -- where one is: in the address, so that a reload and the back button find it ------------------------------

function fromAddress() {
  const [, who, where, thread] = decodeURIComponent(location.hash).split("/");
  return { who: people.includes(who) ? who : people[0], where: where || "home", thread: thread || null };
}

function go(to) {
  const next = { ...here, thread: null, ...to };
  const address = `#/${next.who}/${next.where}${next.thread ? `/${next.thread}` : ""}`;
  if (address === location.hash) look();
  else location.hash = address;
}

function look() {
  modal.keep();
  drawer(false);
  return link.ask("look", fromAddress()).catch(() => {});
}

addEventListener("hashchange", look);

// -- what the server says ------------------------------------------------------------------------------------

function onState(state) {
  document.body.dataset.link = state;
  if (state === "lost") banner("The pretend Slack has ended. Start it again with make demo: this page comes back by itself.", "bad");
}

async function hello(message) {
  ({ commands, people } = message);
  clock.set(message.now);
  const restarted = run !== null && run !== message.hello;
  banner(restarted && !message.kept ? "A new Slack has started. What was here before is gone, for it was not kept." : "");
  inspector.forget(); // all of it comes again
  run = message.hello;
  const { who, where, thread } = fromAddress();
  here = { who, where, thread };
  tellState();
  await look();
  if (fresh) link.ask("reload").catch(() => {});
  fresh = false;
}

function onParts(parts) {
  if (parts.hello) {
    hello(parts);
    return;
  }
  if (parts.here) onHere(parts.here);
  if (parts.people !== undefined) draw(byId("people"), parts.people);
  if (parts.sidebar !== undefined) draw(byId("sidebar"), parts.sidebar);
  if (parts.heading !== undefined) draw(byId("heading"), parts.heading);
  if ("pane" in parts) {
    byId("pane").hidden = parts.pane === null;
    if (parts.pane !== null) draw(byId("pane"), parts.pane, () => byId("main").focus());
  }
  if ("messages" in parts) messages.show(parts.messages);
  if ("thread" in parts) showThread(parts.thread);
  if ("modal" in parts) modal.show(parts.modal);
  if (parts.now !== undefined) clock.set(parts.now);
  if (parts.clock) clock.moving(parts.clock.moving);
  if (parts.mood) byId("mood").value = parts.mood;
  clock.tick();
  for (const text of parts.say ?? []) say(text);
  for (const text of parts.notices ?? []) (modal.isOpen ? modal.trouble(text) : toast(text));
  if (parts.traffic) inspector.add(parts.traffic);
  document.body.dataset.ready = "true";
}

function onHere(now) {
  const moved = now.who !== here.who || now.where !== here.where;
  here = { who: now.who, where: now.where, thread: now.thread };
  document.title = `${now.unread ? `(${now.unread}) ` : ""}${now.title} · ${now.workspace}`;
  byId("composer").hidden = now.where === "home" || now.where === "about";
  document.body.dataset.where = now.where;
  composer.look(`${now.who}/${now.where}`, now.placeholder);
  threadComposer.look(`${now.who}/${now.thread}`, "Reply…");
  if (moved && now.where !== "home") say(now.title);
}

function showThread(part) {
  const aside = byId("thread");
  const opens = part && aside.hidden;
  aside.hidden = !part;
  replies.show(part);
  if (opens) threadComposer.focus();
}

function banner(text, kind = "") {
  const place = byId("banner");
  place.textContent = text;
  place.dataset.kind = kind;
  place.hidden = !text;
  if (text && !kind) setTimeout(() => { if (place.textContent === text) place.hidden = true; }, 10000);
}

// -- what a person does --------------------------------------------------------------------------------------

const DOES = {
  act: (button) => go({ who: button.dataset.who }),
  go: (button) => go({ where: button.dataset.where }),
  thread: (button) => go({ thread: button.dataset.ts }),
  "thread-close": () => closeThread(),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) DOES[button.dataset.do]?.(button);
});

function closeThread() {
  const ts = here.thread;
  go({ thread: null });
  (byId("messages").querySelector(`.message[data-ts="${CSS.escape(ts ?? "")}"]`) ?? byId("main")).focus();
}

function drawer(open) {
  document.body.toggleAttribute("data-drawer", open);
  byId("drawer").setAttribute("aria-expanded", String(open));
  byId("veil").hidden = !open;
  if (open) (byId("sidebar").querySelector("[aria-current]") ?? byId("sidebar")).focus();
}

byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address says where one is, and must not change
  if (byId("composer").hidden) byId("title").focus();
  else composer.focus();
});

byId("drawer").addEventListener("click", () => drawer(!document.body.hasAttribute("data-drawer")));
byId("veil").addEventListener("click", () => drawer(false));

function tellState() {
  link.ask("state", { visible: !document.hidden, inspecting: !byId("inspector").hidden }).catch(() => {});
}

function inspect(open) {
  byId("inspector").hidden = !open;
  byId("inspect").setAttribute("aria-expanded", String(open));
  localStorage.setItem("inspector", open ? "open" : "");
  tellState();
}

byId("inspect").addEventListener("click", () => {
  inspect(byId("inspector").hidden);
  if (!byId("inspector").hidden) byId("filter").focus();
});
byId("inspect-close").addEventListener("click", () => {
  inspect(false);
  byId("inspect").focus();
});
if (localStorage.getItem("inspector")) inspect(true);

byId("mood").addEventListener("change", (event) => {
  link.ask("mood", { name: event.target.value }).catch((error) => toast(error.message));
});

function theme() {
  const dark = document.documentElement.dataset.theme === "dark";
  byId("theme").setAttribute("aria-pressed", String(dark));
}

byId("theme").addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
  theme();
});
theme();

document.addEventListener("visibilitychange", tellState);
elements.listen(link, document.body);
keys.listen({
  escape: () => {
    if (document.querySelector("dialog[open]")) return; // it closes itself
    if (document.body.hasAttribute("data-drawer")) {
      drawer(false);
      byId("drawer").focus();
    } else if (byId("inspector").contains(document.activeElement)) byId("inspect-close").click();
    else if (here.thread) closeThread();
  },
});
