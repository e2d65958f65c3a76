// The keyboard: F6 from region to region, arrows along tabs, Escape out of what is open.

const visible = (element) => !element.hidden && element.getClientRects().length > 0;

export function listen({ escape }) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "F6") {
      event.preventDefault();
      const regions = [...document.querySelectorAll("[data-region]")].filter(visible);
      const at = regions.findIndex((region) => region.contains(document.activeElement));
      const step = event.shiftKey ? -1 : 1;
      regions.at((at + step + regions.length) % regions.length)?.focus();
    }
    if (event.key === "Escape" && !event.defaultPrevented) escape();
    const tab = event.target.closest?.("[role=tab]");
    if (!tab) return;
    const all = [...tab.parentElement.querySelectorAll("[role=tab]")];
    const at = all.indexOf(tab);
    const to = { ArrowRight: all[(at + 1) % all.length], ArrowLeft: all.at(at - 1), Home: all[0], End: all.at(-1) }[event.key];
    if (to) {
      event.preventDefault();
      to.focus();
      to.click();
    }
  });
}
