// Buttons that copy a feed address, and links that open a feed in a reader. Without
// this script, readers copy the address from its field.
"use strict";

async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Browsers offer no clipboard API to pages served over plain HTTP.
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("the browser did not copy");
}

function prepare(place) {
  for (const button of place.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      // Relative to the address of this page, which may differ from the configured site address.
      const address = new URL(button.dataset.copy, document.baseURI).href;
      const label = button.textContent;
      try {
        await copy(address);
        button.textContent = "✓ " + label;
      } catch {
        button.textContent = address;
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }

  for (const link of place.querySelectorAll("a[data-open]")) {
    link.hidden = false;
    link.href = "feed:" + new URL(link.dataset.open, document.baseURI).href;
  }

  for (const field of place.querySelectorAll("input[readonly]")) {
    field.value = new URL(field.dataset.feed, document.baseURI).href;
    field.addEventListener("focus", () => field.select());
  }
}

prepare(document);
// builder.js replaces part of the page and then fires this event.
document.addEventListener("made", (event) => prepare(event.target));
