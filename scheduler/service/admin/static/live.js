// After each event, fetches the page again and replaces its live parts.
"use strict";
const live = document.currentScript.dataset.events;
const refresh = async () => {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(part.id);
    if (now && !part.contains(document.activeElement) && now.innerHTML !== part.innerHTML) {
      part.replaceWith(document.adoptNode(now));
    }
  }
};
new EventSource(live).addEventListener("message", () => { refresh().catch(() => {}); });
for (const link of document.querySelectorAll("[data-reload]")) link.hidden = true;
