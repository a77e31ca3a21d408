// The map of sizes works without this file: it adds arrow keys, Backspace and a tip that is read at once.
"use strict";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function middle(tile) {
  const box = tile.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}

// The nearest tile in a direction: what lies aside counts more than what lies far.
function next(tiles, from, [right, down]) {
  const [x, y] = middle(from);
  let best = null;
  let least = Infinity;
  for (const tile of tiles) {
    if (tile === from) continue;
    const [otherX, otherY] = middle(tile);
    const ahead = (otherX - x) * right + (otherY - y) * down;
    const aside = Math.abs((otherX - x) * down) + Math.abs((otherY - y) * right);
    if (ahead > 1 && ahead + 2 * aside < least) {
      least = ahead + 2 * aside;
      best = tile;
    }
  }
  return best;
}

for (const map of document.querySelectorAll(".treemap")) {
  const tip = map.querySelector(".tip");
  const place = tile => {
    const box = tile.querySelector("rect").getBoundingClientRect();
    const frame = map.getBoundingClientRect();
    tip.textContent = tile.dataset.told;
    tip.hidden = false;
    const left = Math.min(box.left - frame.left + 6, frame.width - tip.offsetWidth);
    const below = box.bottom - frame.top + 6;
    const fits = box.bottom + tip.offsetHeight + 12 < innerHeight;
    tip.style.left = `${Math.max(left, 0)}px`;
    tip.style.top = `${fits ? below : Math.max(box.top - frame.top - tip.offsetHeight - 6, 0)}px`;
  };
  const hide = () => { tip.hidden = true; };
  for (const tile of map.querySelectorAll(".tile")) {
    // Its own tip, which browsers show late, would lie over ours.
    tile.querySelector("title").remove();
    tile.addEventListener("mouseenter", () => place(tile));
    tile.addEventListener("mouseleave", hide);
    tile.addEventListener("focus", () => place(tile));
    tile.addEventListener("blur", hide);
  }
  map.addEventListener("keydown", event => {
    const tile = event.target.closest("a.tile");
    if (!tile || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in STEPS) {
      event.preventDefault();
      next(tile.closest("svg").querySelectorAll("a.tile"), tile, STEPS[event.key])?.focus();
    } else if (event.key === "Backspace" && map.dataset.up) {
      event.preventDefault();
      location.assign(map.dataset.up);
    } else if (event.key === "Escape") {
      hide();
    }
  });
}
