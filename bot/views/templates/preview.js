// Search and filter. Without this the page is a plain list.
{
  const form = document.getElementById("filters");
  const controls = document.getElementById("controls");
  const words = document.getElementById("words");
  const count = document.getElementById("count");
  const none = document.getElementById("none");
  const list = document.getElementById("content");
  const menus = [...form.querySelectorAll("select")];
  const groups = [...document.querySelectorAll(".group")].map((group) => ({
    group,
    cards: [...group.querySelectorAll(".card")].map((card) => ({
      card,
      tags: new Set(card.dataset.tags.split(" ")),
      text: null,
    })),
  }));

  // As people type: no accents, any apostrophe.
  const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[‘’]/g, "'").toLowerCase();

  // The words of a nudge, not those of its buttons. Read on the first search, once.
  const text = (one) => {
    one.text ??= folded([...one.card.querySelectorAll(".bk-text, dd, .id")].map((part) => part.textContent).join("\n"));
    return one.text;
  };

  const filter = () => {
    const wanted = menus.filter((menu) => menu.value).map((menu) => `${menu.name}:${menu.value}`);
    const looked = folded(words.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { group, cards } of groups) {
      let here = 0;
      for (const one of cards) {
        const fits = wanted.every((tag) => one.tags.has(tag)) && looked.every((word) => text(one).includes(word));
        one.card.hidden = !fits;
        here += fits;
      }
      group.hidden = !here;
      shown += here;
    }
    const all = Number(count.dataset.all);
    count.textContent = shown === all ? `${all} nudges` : `${shown} of ${all} nudges`;
    none.hidden = shown > 0;
  };

  // A link to a nudge leads to it, also where a filter had hidden it.
  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target?.closest("[hidden]")) return;
    form.reset();
    filter();
    target.scrollIntoView();
  };

  // What was found is shown from its beginning.
  const filterFromTop = () => {
    filter();
    if (list.getBoundingClientRect().top < 0) list.scrollIntoView();
  };

  form.addEventListener("input", filterFromTop);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filterFromTop));
  addEventListener("hashchange", follow);
  controls.open = matchMedia("(min-width: 60rem)").matches;
  controls.hidden = false;
  filter(); // a browser may bring back what was chosen before
}
