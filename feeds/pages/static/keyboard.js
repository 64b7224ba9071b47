// Keyboard shortcuts for lists of releases: / search, j next, k previous, o open, ? help.
"use strict";

const releases = () => [...document.querySelectorAll(".releases .title")];
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function go(step) {
  const all = releases();
  // Start at the release that contains the focused element, or before the first one.
  const now = document.activeElement && document.activeElement.closest(".releases li");
  const place = all.findIndex((one) => now && now.contains(one));
  const next = all[Math.min(Math.max(place + step, 0), all.length - 1)];
  if (!next) return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
}

function open() {
  const now = document.activeElement && document.activeElement.closest(".releases li");
  if (now) now.querySelector(".title").click();
}

function search(event) {
  const field = document.querySelector("form[role=search] input[type=search]");
  if (!field) return;
  // Otherwise the browser would type the slash into the field.
  event.preventDefault();
  field.focus();
  field.select();
}

function help() {
  const dialog = document.querySelector(".keys-help");
  if (dialog) dialog.showModal();
}

const actions = { "/": search, j: () => go(1), k: () => go(-1), o: open, "?": help };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  // Ignore keys typed into form fields or an open dialog.
  if (event.target.closest("input, textarea, select, dialog[open], [contenteditable]")) return;
  const action = actions[event.key];
  if (action) action(event);
});

for (const hint of document.querySelectorAll(".keys")) hint.hidden = false;
