// Everything works without this file: it adds the buttons that copy a command, and saves a click.
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
    button.textContent = copied ? "Copied" : "Selected";
    status.textContent = copied ? "Copied" : "Selected: copy it with the keyboard";
    setTimeout(() => {
      button.textContent = "Copy";
      status.textContent = "";
    }, SHOWN_FOR_MILLISECONDS);
  });
}

// The answer of another site, which the browser sends once more from a page of ours.
const onward = document.querySelector("form[data-sends-itself]");
if (onward) onward.submit();
