// Everything works without this file: it adds the buttons that copy a command, and saves a click
// or a key.
"use strict";

const SHOWN_FOR_MILLISECONDS = 1600;

function select(source) {
  const range = document.createRange();
  range.selectNodeContents(source);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copy(source) {
  // Browsers offer the clipboard on https and localhost only; elsewhere the old way must do.
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  }
  select(source);
  return document.execCommand("copy");
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  const status = document.getElementById("copied");
  button.hidden = false;
  button.addEventListener("click", async () => {
    let copied = false;
    try {
      copied = await copy(source);
    } catch {
      select(source);
    }
    const words = status.dataset;
    button.textContent = copied ? words.copied : words.selected;
    status.textContent = copied ? words.copied : words.byKeyboard;
    setTimeout(() => {
      button.textContent = words.copy;
      status.textContent = "";
    }, SHOWN_FOR_MILLISECONDS);
  });
}

// The answer of another site, which the browser sends once more from a page of ours.
const onward = document.querySelector("form[data-sends-itself]");
if (onward) onward.submit();

// `/` goes to the search, unless somebody is writing.
document.addEventListener("keydown", event => {
  const writing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const field = document.getElementById("top-search");
  field.focus();
  field.select();
});

// A menu closes by Escape, or when something else is chosen.
for (const menu of document.querySelectorAll("details.menu")) {
  menu.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", event => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("focusout", event => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
