// A field that narrows a long list to the lines with some words. Where the list goes on at other
// pages, their lines are fetched when the field is first used; without this script they are linked.
"use strict";

function filter(field, lines) {
  const box = field.closest("[hidden]");
  const status = box.querySelector("[role=status]");
  const own = [...lines.children];
  let every;

  async function others() {
    const links = new Set([...document.querySelectorAll("a[data-lines]")].map((link) => link.href));
    const found = await Promise.all([...links].map(async (address) => {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(address);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return [...page.getElementById(lines.id).children].map((line) => {
        const taken = document.importNode(line, true);
        for (const link of taken.querySelectorAll("a[href]")) {
          link.href = new URL(link.getAttribute("href"), address).href;
        }
        return taken;
      });
    }));
    return found.flat();
  }

  async function narrow() {
    // From disk, a page can't read others: it filters what it has.
    if (field.value.trim()) every ??= others().then((more) => [...own, ...more], () => own);
    const all = every ? await every : own;
    const words = field.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const shown = words.length ? all.filter((line) => {
      const text = line.textContent.toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    }) : own;
    lines.replaceChildren(...shown);
    status.textContent = words.length ? String(shown.length) : "";
  }

  box.hidden = false;
  field.addEventListener("input", narrow);
}

for (const field of document.querySelectorAll("input[data-filter]")) {
  const lines = document.getElementById(field.dataset.filter);
  if (lines) filter(field, lines);
}
