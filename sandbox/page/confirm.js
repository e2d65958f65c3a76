// Slack's "are you sure": what stands in `confirm` of an element.

import { byId } from "./dom.js";

const words = (text) => text?.text ?? "";

// Whether the person said yes; at once where nothing asks.
export function confirmed(json) {
  if (!json) return Promise.resolve(true);
  const asked = JSON.parse(json);
  const dialog = byId("confirm");
  const [yes, no] = [byId("confirm-yes"), byId("confirm-no")];
  byId("confirm-title").textContent = words(asked.title);
  byId("confirm-text").textContent = words(asked.text);
  yes.textContent = words(asked.confirm);
  no.textContent = words(asked.deny);
  yes.classList.toggle("danger", asked.style === "danger");
  const before = document.activeElement;
  return new Promise((resolve) => {
    yes.onclick = () => dialog.close("yes");
    no.onclick = () => dialog.close("no");
    dialog.onclose = () => {
      resolve(dialog.returnValue === "yes");
      before?.focus?.();
    };
    dialog.returnValue = "no";
    dialog.showModal();
    no.focus();
  });
}
