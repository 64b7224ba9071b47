// Marks what is new on the first page since the last visit, as this browser alone remembers it.
"use strict";

// Pages that are opened so soon after each other (milliseconds) are one visit.
const VISIT = 30 * 60 * 1000;
// A release may be published so long after it was found.
const LATE = 60 * 60 * 1000;
const PLACE = `visits ${new URL(".", document.baseURI).pathname}`;

const news = document.querySelector(".news");
const rows = [...document.querySelectorAll("li[data-seen]")].map((row) => (
  { row, release: row.querySelector("a").getAttribute("href") }
));

// The visit before this one and this one: when, and which releases were there.
function remembered() {
  try {
    const { before, last } = JSON.parse(localStorage.getItem(PLACE));
    const isVisit = (one) => Number.isFinite(one.at) && Array.isArray(one.releases);
    return { before: before && isVisit(before) ? before : null, last: isVisit(last) ? last : null };
  } catch {
    return { before: null, last: null };
  }
}

function remember(visits) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(visits));
  } catch {
    // The browser keeps nothing for this site: each visit is the first.
  }
}

function spoken(at) {
  // Dates as the rest of the page writes them.
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
    !before.releases.includes(release) && Date.parse(row.dataset.seen) > before.at - LATE
  ));
  for (const { row } of fresh) {
    row.classList.add("new");
    const mark = document.createElement("span");
    mark.className = "hidden";
    // So that the direction of the title stays that of its own words.
    mark.dir = "auto";
    mark.textContent = `${news.dataset.new}: `;
    row.querySelector("a").prepend(mark);
  }
  const { none, some, most } = news.dataset;
  const text = fresh.length === 0 ? none : fresh.length === rows.length ? most : some;
  news.querySelector("span").textContent = text
    .replace("{count}", fresh.length).replace("{when}", spoken(before.at));
  news.querySelector("button").hidden = fresh.length === 0;
}

const now = { at: Date.now(), releases: rows.map(({ release }) => release) };
let { before, last } = remembered();
if (last && now.at - last.at > VISIT) before = last;
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
