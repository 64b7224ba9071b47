// Searches the releases of this folder. Pages on disk can't fetch data, so the index is loaded
// as scripts, one part at a time. Each script calls addReleases.
"use strict";

const MAX_SHOWN = 200;
const form = document.querySelector("form.search");
const list = document.querySelector("ol.releases");
const status = document.querySelector("p.lead");
const parts = Number(form.dataset.parts);
const loaded = [];
let receive = null;

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Splits a query into words and "phrases" that must match, and -words that must not.
function termsOf(query) {
  const found = folded(query).match(/-?"[^"]+"|\S+/g) || [];
  const terms = found.map((term) => ({
    isExcluded: term.startsWith("-") && term.length > 1,
    text: term.replace(/^-/, "").replace(/["*]/g, "").trim(),
  }));
  return terms.filter((term) => term.text);
}

function load(number) {
  if (loaded[number]) return Promise.resolve(loaded[number]);
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    receive = (releases) => {
      loaded[number] = releases.map(([id, title, day, source, name, topics, retracted, text]) => ({
        id, title, day, source, name, topics, retracted, text: folded(`${title}\n${name}\n${text}`),
      }));
      script.remove();
      resolve(loaded[number]);
    };
    script.onerror = () => reject(new Error(`releases-${number}.js is missing`));
    script.src = `releases-${number}.js`;
    document.head.append(script);
  });
}

window.addReleases = (releases) => receive(releases);

function show(release) {
  const row = document.createElement("li");
  const content = document.createElement("div");
  const link = document.createElement("a");
  link.className = "title";
  link.href = `../releases/${encodeURIComponent(release.id)}/index.html`;
  link.textContent = release.title;
  link.dir = "auto";
  const from = document.createElement("p");
  from.className = "from";
  const name = document.createElement("bdi");
  name.textContent = release.name;
  from.append(name, release.day ? `, ${release.day}` : "");
  if (release.retracted) {
    row.className = "retracted";
    const mark = document.createElement("strong");
    mark.className = "mark";
    mark.textContent = "Retracted";
    from.append(" ", mark);
  }
  content.append(link, from);
  row.append(content);
  list.append(row);
}

let searches = 0;

async function search() {
  const mine = ++searches;
  const asked = new URLSearchParams(location.search);
  const terms = termsOf(form.q.value);
  const source = asked.get("source");
  const topic = asked.get("topic");
  list.replaceChildren();
  status.textContent = "";
  if (!terms.length && !source && !topic) return;
  let count = 0;
  for (let number = 1; number <= parts; number += 1) {
    const releases = await load(number);
    if (mine !== searches) return;
    for (const release of releases) {
      if (source && release.source !== source) continue;
      if (topic && !release.topics.includes(topic)) continue;
      if (!terms.every((term) => release.text.includes(term.text) !== term.isExcluded)) continue;
      count += 1;
      if (count <= MAX_SHOWN) show(release);
    }
  }
  const shown = count > MAX_SHOWN ? ` (the first ${MAX_SHOWN} are shown)` : "";
  status.textContent = count === 1 ? "1 release" : `${count} releases${shown}`;
}

form.q.value = new URLSearchParams(location.search).get("q") || "";
form.addEventListener("submit", (event) => {
  event.preventDefault();
  search().catch((error) => { status.textContent = error.message; });
});
search().catch((error) => { status.textContent = error.message; });
