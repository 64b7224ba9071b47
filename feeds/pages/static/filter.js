// Filters a long list by words. If the list continues on other pages, their lines are fetched when
// the field is first used. Without this script, the page links to those pages.
"use strict";

function filter(field, lines) {
  const box = field.closest("[hidden]");
  const status = box.querySelector("[role=status]");
  const own = [...lines.children];
  let allLines;

  async function others() {
    const links = new Set([...document.querySelectorAll("a[data-lines]")].map((link) => link.href));
    const found = await Promise.all([...links].map(async (address) => {
      const response = await fetch(address);
      if (!response.ok) throw new Error(address);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      return [...page.getElementById(lines.id).children].map((line) => {
        const copy = document.importNode(line, true);
        for (const link of copy.querySelectorAll("a[href]")) {
          link.href = new URL(link.getAttribute("href"), address).href;
        }
        return copy;
      });
    }));
    return found.flat();
  }

  async function narrow() {
    // A page opened from disk can't fetch other pages, so it filters only its own lines.
    if (field.value.trim()) allLines ??= others().then((more) => [...own, ...more], () => own);
    const all = allLines ? await allLines : own;
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
