// Marks releases on the home page that are new since the last visit. Only this browser stores visits.
"use strict";

// Page views less than this many milliseconds apart count as one visit.
const MAX_GAP_MS = 30 * 60 * 1000;
// A release may appear on the page up to this many milliseconds after it was found.
const MAX_PUBLISH_DELAY_MS = 60 * 60 * 1000;
const STORAGE_KEY = `visits ${new URL(".", document.baseURI).pathname}`;

const news = document.querySelector(".news");
const rows = [...document.querySelectorAll("li[data-seen]")].map((row) => (
  { row, release: row.querySelector("a").getAttribute("href") }
));

// The stored previous and latest visits: their times and the releases shown.
function remembered() {
  try {
    const { before, last } = JSON.parse(localStorage.getItem(STORAGE_KEY));
    const isVisit = (one) => Number.isFinite(one.at) && Array.isArray(one.releases);
    return { before: before && isVisit(before) ? before : null, last: isVisit(last) ? last : null };
  } catch {
    return { before: null, last: null };
  }
}

function remember(visits) {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(visits));
  } catch {
    // The browser stores nothing for this site, so each visit looks like the first.
  }
}

function formatTime(at) {
  // Format dates like the rest of the page.
  const language = document.documentElement.lang.replace(/^en$/, "en-GB");
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(at);
  const days = (new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000;
  if (days < 0.5) return time;
  if (days < 1.5) {
    return `${new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-1, "day")} ${time}`;
  }
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(at);
  return `${day} ${time}`;
}

function show(before) {
  const fresh = rows.filter(({ row, release }) => (
    !before.releases.includes(release) && Date.parse(row.dataset.seen) > before.at - MAX_PUBLISH_DELAY_MS
  ));
  for (const { row } of fresh) {
    row.classList.add("new");
    const mark = document.createElement("span");
    mark.className = "hidden";
    // Keep the text direction of the title independent of the mark.
    mark.dir = "auto";
    mark.textContent = `${news.dataset.new}: `;
    row.querySelector("a").prepend(mark);
  }
  const { none, some, most } = news.dataset;
  const text = fresh.length === 0 ? none : fresh.length === rows.length ? most : some;
  news.querySelector("span").textContent = text
    .replace("{count}", fresh.length).replace("{when}", formatTime(before.at));
  news.querySelector("button").hidden = fresh.length === 0;
}

const now = { at: Date.now(), releases: rows.map(({ release }) => release) };
let { before, last } = remembered();
if (last && now.at - last.at > MAX_GAP_MS) before = last;
remember({ before, last: now });
if (before) show(before);

news.querySelector("button").addEventListener("click", () => {
  remember({ before: now, last: now });
  for (const row of document.querySelectorAll("li.new")) {
    row.classList.remove("new");
    row.querySelector("a .hidden").remove();
  }
  news.querySelector("span").textContent = "";
  news.querySelector("button").hidden = true;
});
