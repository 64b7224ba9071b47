// Updates the feed address whenever a choice changes. Without this script, a button submits the form.
"use strict";

const form = document.getElementById("builder");
let requests = 0;
let timer;

async function build() {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const address = `?${query}`;
  const turn = ++requests;
  const response = await fetch(address);
  if (!response.ok || turn !== requests) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const made = document.importNode(page.getElementById("feed"), true);
  document.getElementById("feed").replaceWith(made);
  made.dispatchEvent(new Event("made", { bubbles: true }));
  history.replaceState(null, "", address);
}

// Hides the choices that do not contain all words of a field. Hidden choices stay checked.
for (const field of form.querySelectorAll("input[data-choices]")) {
  field.hidden = false;
  field.addEventListener("input", (event) => {
    event.stopPropagation();
    const words = field.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    for (const choice of field.closest("fieldset").querySelectorAll(".choices label")) {
      const text = choice.textContent.toLocaleLowerCase();
      choice.hidden = !words.every((word) => text.includes(word));
    }
  });
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(build, 300);
});
