// Makes the address of a feed anew when something else is chosen; without this script a button does.
"use strict";

const form = document.getElementById("builder");
let asked = 0;
let waiting;

async function build() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const address = `?${query}`;
  const turn = ++asked;
  const answer = await fetch(address);
  if (!answer.ok || turn !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const made = document.importNode(page.getElementById("feed"), true);
  document.getElementById("feed").replaceWith(made);
  made.dispatchEvent(new Event("made", { bubbles: true }));
  history.replaceState(null, "", address);
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(build, 300);
});
