// The page of a build works without this file. It shows what is said meanwhile, keeps the place of
// whoever reads, and searches without a new page.
"use strict";

const OFTEN_MILLISECONDS = 1000;
const SELDOM_MILLISECONDS = 5000;
const MOST_SHOWN = 5000;
const NEAR_THE_END = 40;

class Build {
  constructor(page) {
    this.page = page;
    this.address = page.dataset.build;
    this.state = page.dataset.state;
    this.ending = page.dataset.ending;
    this.said = document.getElementById("said");
    this.furnish(true);
    document.addEventListener("click", event => this.clicked(event));
    document.addEventListener("submit", event => this.submitted(event));
    document.addEventListener("keydown", event => this.pressed(event));
    if (!this.hasEnded()) this.wait();
  }

  get area() { return document.getElementById("log-area"); }
  get log() { return document.getElementById("log"); }
  get frame() { return this.log?.parentElement; }
  get follow() { return this.area.querySelector(".follow"); }

  hasEnded() { return !["queued", "running"].includes(this.state); }

  // After the log was put there anew: its buttons, and the place that is looked at.
  furnish(isFirst) {
    if (!this.log) return;
    for (const one of this.area.querySelectorAll(".refresh")) one.hidden = !this.hasEnded();
    const copy = this.area.querySelector("[data-copies]");
    if (copy.hidden) this.letCopy(copy);
    this.follow.hidden = this.hasEnded() || this.log.dataset.tail !== "yes";
    this.setFollowing(this.log.dataset.followed === "yes");
    this.mark();
    const now = this.log.querySelector(".now");
    if (now) this.frame.scrollTop = now.offsetTop - this.frame.offsetTop - this.frame.clientHeight / 3;
    else if (this.log.dataset.tail === "yes" && !location.hash) this.toTheEnd();
    if (!isFirst || this.frame.dataset.heard) return;
    this.frame.dataset.heard = "yes";
  }

  // Whoever scrolls back reads, and whoever comes to the end follows.
  listen() {
    const frame = this.frame;
    if (!frame || frame.dataset.listened) return;
    frame.dataset.listened = "yes";
    frame.addEventListener("scroll", () => {
      const isAtEnd = frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR_THE_END;
      if (!isAtEnd && this.following && !this.moving) this.setFollowing(false);
      this.moving = false;
    });
  }

  letCopy(button) {
    button.hidden = false;
    const word = button.textContent;
    button.addEventListener("click", async () => {
      const text = [...this.log.children].map(line => `${line.textContent}\n`).join("");
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        getSelection().selectAllChildren(this.log);
        document.execCommand("copy");
      }
      const status = document.getElementById("copied");
      status.textContent = "";
      button.textContent = `${word} ✓`;
      setTimeout(() => { button.textContent = word; }, 1600);
    });
  }

  setFollowing(follows) {
    this.following = follows && !this.hasEnded();
    this.follow.setAttribute("aria-pressed", String(this.following));
    if (this.following) this.toTheEnd();
    this.listen();
  }

  toTheEnd() {
    this.moving = true;
    this.frame.scrollTop = this.frame.scrollHeight;
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), document.hidden ? SELDOM_MILLISECONDS : OFTEN_MILLISECONDS);
  }

  async look() {
    try {
      let found = await this.ask();
      // What has come in a rush is taken in at once.
      while (found && this.append(found) && found.lines.length) found = await this.ask();
      if (found) await this.changed(found);
    } catch {
      // The registry is away for a moment: it is asked again.
    }
    if (!this.hasEnded()) this.wait();
    else await this.ended();
  }

  async ask() {
    const after = this.log?.dataset.last ?? "0";
    const answer = await fetch(`${this.address}/log?after=${after}`, {
      headers: { "Accept": "application/json" },
      redirect: "error",
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  // Whether what was found stands on the page now, or need not.
  append(found) {
    const log = this.log;
    if (!log) return false;
    if (log.dataset.tail !== "yes") return false;
    const isFull = log.children.length + found.lines.length > MOST_SHOWN;
    if (isFull && !this.following) return false;
    const lines = document.createDocumentFragment();
    for (const { number, text } of found.lines) {
      const line = document.createElement("li");
      const isolated = document.createElement("bdi");
      line.id = `L${number}`;
      isolated.textContent = text;
      line.append(isolated);
      lines.append(line, "\n");
      log.dataset.last = number;
    }
    log.append(lines);
    while (log.children.length > MOST_SHOWN) {
      log.firstElementChild.remove();
      log.start += 1;
    }
    const place = this.area.querySelector(".log-place");
    place.textContent = place.textContent
      .replace(/[\d\u202f]+(?=\D*$)/, grouped(found.last))
      .replace(/^(\D*)([\d\u202f]+)(\D+)([\d\u202f]+)/, (_, a, first, b) => `${a}${grouped(log.start)}${b}${grouped(log.dataset.last)}`);
    if (this.following && found.lines.length) this.toTheEnd();
    return true;
  }

  // The state stands on the page as the registry words it.
  async changed(found) {
    const isNew = found.state !== this.state || (found.is_asked_to_end ? "yes" : "no") !== this.ending;
    const hasFirstLines = !this.log && found.last > 0;
    if (!isNew && !hasFirstLines) return;
    const fresh = await this.fetchPage(location.pathname);
    const now = fresh.querySelector(".one-build");
    this.state = now.dataset.state;
    this.ending = now.dataset.ending;
    if (isNew) {
      const had = document.getElementById("state").contains(document.activeElement);
      document.getElementById("state").replaceWith(fresh.getElementById("state"));
      if (had) document.getElementById("state").focus();
      this.said.textContent = document.querySelector("#state .says").textContent;
    }
    if (hasFirstLines) {
      this.area.replaceWith(fresh.getElementById("log-area"));
      this.furnish(false);
    }
  }

  // The log says until when it is kept, and offers no more to follow it.
  async ended() {
    if (!this.log || this.log.dataset.tail !== "yes") return;
    const top = this.frame.scrollTop;
    const following = this.following;
    const fresh = await this.fetchPage(`${location.pathname}${location.search}`).catch(() => null);
    if (!fresh) return;
    const old = this.log;
    const had = document.activeElement?.closest("#log-area") ? document.activeElement.className : null;
    const typed = this.area.querySelector("#find")?.value ?? "";
    const area = fresh.getElementById("log-area");
    area.querySelector("#log").replaceWith(old);
    this.area.replaceWith(area);
    old.dataset.followed = "no";
    area.querySelector("#find").value = typed;
    this.furnish(false);
    this.frame.scrollTop = following ? this.frame.scrollHeight : top;
    if (had !== null) (had ? area.querySelector(`[class="${had}"]`) ?? this.frame : area.querySelector("#find")).focus();
  }

  async fetchPage(address) {
    const answer = await fetch(address, { headers: { "Accept": "text/html" }, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  // Puts another part of the log in place of this one; the address leads to it after a reload.
  async swap(address) {
    const url = new URL(address, location.href);
    const fresh = await this.fetchPage(`${url.pathname}${url.search}`);
    const wasTyping = document.activeElement?.id === "find";
    const rel = document.activeElement?.rel;
    this.area.replaceWith(fresh.getElementById("log-area"));
    history.replaceState(null, "", `${url.pathname}${url.search}`);
    this.furnish(false);
    const kept = rel ? this.area.querySelector(`a[rel="${rel}"]`) : null;
    if (wasTyping) this.area.querySelector("#find").focus();
    else (kept ?? this.frame)?.focus({ preventScroll: true });
  }

  clicked(event) {
    const follow = event.target.closest(".follow");
    if (follow) {
      this.setFollowing(!this.following);
      return;
    }
    const link = event.target.closest("#log-area a[href]");
    if (!link || link.dataset.whole !== undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.swap(link.href).catch(() => { location.href = link.href; });
  }

  submitted(event) {
    const form = event.target.closest(".log-search");
    if (!form) return;
    event.preventDefault();
    const text = form.elements.find.value;
    const next = this.area.querySelector('a[rel="next"]');
    const isSame = text === new URLSearchParams(location.search).get("find");
    // Once more for the same goes on to the next line, and from the last one to the first.
    const address = isSame && next ? next.href : `${this.address}${text ? `?find=${encodeURIComponent(text)}` : ""}`;
    this.swap(address).catch(() => { location.href = address; });
  }

  pressed(event) {
    if (event.target.id !== "find") return;
    if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      this.area.querySelector('a[rel="prev"]')?.click();
    } else if (event.key === "Escape" && location.search.includes("find=")) {
      event.preventDefault();
      this.swap(this.address).catch(() => {});
    }
  }

  // What was looked for, within the lines that hold it.
  mark() {
    const text = new URLSearchParams(location.search).get("find")?.toLowerCase();
    if (!text) return;
    for (const line of this.log.querySelectorAll(".hit bdi")) {
      const whole = line.textContent;
      const at = whole.toLowerCase().indexOf(text);
      // Some letters become two when they become small.
      if (at < 0 || whole.length !== whole.toLowerCase().length) continue;
      const mark = document.createElement("mark");
      mark.textContent = whole.slice(at, at + text.length);
      line.replaceChildren(whole.slice(0, at), mark, whole.slice(at + text.length));
    }
  }
}

function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

const page = document.querySelector(".one-build");
if (page) new Build(page);
