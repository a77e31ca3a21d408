// Without this file the form is sent as a whole. With it the file goes piece by piece: an upload can be
// paused, and goes on after a break of the connection or when the page is opened again.
"use strict";

const KEPT = "sregistry-upload";
const PAUSES = [500, 1000, 2000, 4000, 8000, 16000];
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function inBytes(size) {
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size.toFixed(unit === 0 || size >= 9.95 ? 0 : 1)} ${UNITS[unit]}`;
}

function inTime(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.ceil(seconds);
  if (whole < 90) return `${whole} s`;
  return whole < 5400 ? `${Math.round(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`;
}

// What the registry has refused: trying again would not help.
class Refused extends Error {}

class Upload {
  constructor(form) {
    this.form = form;
    this.words = form.querySelector(".words").dataset;
    this.file = form.querySelector("#file");
    this.progress = form.querySelector("#progress");
    this.buttons = {
      submit: form.querySelector("[type=submit]"),
      pause: form.querySelector(".pause"),
      cancel: form.querySelector(".cancel"),
    };
    this.submitWord = this.buttons.submit.textContent;
    this.begun = this.kept();
    this.running = false;
    this.stop = null;
    form.addEventListener("submit", event => {
      event.preventDefault();
      this.start();
    });
    this.buttons.pause.addEventListener("click", () => (this.running ? this.pause() : this.start()));
    this.buttons.cancel.addEventListener("click", () => this.cancel());
    this.file.addEventListener("change", () => this.complain(""));
    if (this.begun) this.offer();
  }

  kept() {
    try {
      return JSON.parse(localStorage.getItem(KEPT));
    } catch {
      return null;
    }
  }

  keep(begun) {
    this.begun = begun;
    try {
      if (begun) localStorage.setItem(KEPT, JSON.stringify(begun));
      else localStorage.removeItem(KEPT);
    } catch {
      // Without a place to keep it the upload goes on for as long as the page is open.
    }
  }

  // An upload of an earlier visit: how much of it is here, only the registry knows.
  async offer() {
    try {
      const state = await this.ask("GET", this.begun.address);
      const note = this.form.querySelector(".earlier");
      note.textContent = `${this.words.earlier} ${this.begun.file} (${inBytes(state.received)} / ${inBytes(state.size)})`;
      note.hidden = false;
      this.lock(true);
      this.form.querySelector("#name").value = state.name;
      this.form.querySelector("#tag").value = state.tag;
      this.show(state.received, state.size);
      this.buttons.submit.textContent = this.words.resume;
      this.buttons.cancel.hidden = false;
    } catch (error) {
      if (error instanceof Refused) this.keep(null);
    }
  }

  lock(locked) {
    for (const id of ["#name", "#tag"]) this.form.querySelector(id).readOnly = locked;
  }

  async start() {
    const file = this.file.files[0];
    if (this.running || !file) return;
    this.complain("");
    if (!file.size) return this.complain(this.words.empty);
    if (file.size > Number(this.form.dataset.largest)) return this.complain(this.words.large);
    const same = { file: file.name, size: file.size, changed: file.lastModified };
    if (this.begun && Object.entries(same).some(([key, value]) => this.begun[key] !== value)) {
      return this.complain(this.words.other);
    }
    this.running = true;
    this.stop = new AbortController();
    this.buttons.submit.hidden = true;
    this.buttons.pause.hidden = this.buttons.cancel.hidden = false;
    this.buttons.pause.textContent = this.words.pause;
    this.file.disabled = true;
    this.lock(true);
    this.buttons.pause.focus();
    try {
      if (!this.begun) {
        this.say(this.words.checking);
        const fields = new URLSearchParams({
          name: this.form.querySelector("#name").value,
          tag: this.form.querySelector("#tag").value,
          size: file.size,
        });
        const state = await this.ask("POST", "/-/uploads", fields);
        this.keep({ ...same, address: state.address });
      }
      await this.send(file);
    } catch (error) {
      this.failed(error);
    } finally {
      this.running = false;
    }
  }

  async send(file) {
    this.say(this.words.sending);
    let state = await this.patiently(() => this.ask("GET", this.begun.address));
    let at = state.received;
    const since = performance.now();
    const first = at;
    this.show(at, file.size);
    while (at < file.size) {
      const piece = file.slice(at, Math.min(at + state.piece, file.size));
      const from = at;
      const answer = await this.patiently(() => this.ask("PUT", `${this.begun.address}?first=${from}`, piece));
      at = answer.received;
      const speed = (at - first) / (performance.now() - since);
      this.show(at, file.size, (file.size - at) / speed / 1000);
    }
    this.say(this.words.finishing);
    const done = await this.patiently(() => this.ask("POST", `${this.begun.address}/finish`));
    this.keep(null);
    this.finished(done);
  }

  // Tries again as long as it is the connection, or the server, that fails.
  async patiently(ask) {
    for (let tried = 0; ; tried += 1) {
      try {
        const answer = await ask();
        if (tried) this.say(this.words.sending);
        return answer;
      } catch (error) {
        if (error instanceof Refused || this.stop.signal.aborted || tried >= PAUSES.length) throw error;
        this.say(this.words.retrying);
        await this.wait(PAUSES[tried]);
      }
    }
  }

  wait(milliseconds) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      this.stop.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(new DOMException("paused", "AbortError"));
      }, { once: true });
    });
  }

  async ask(method, address, body) {
    const answer = await fetch(address, {
      method,
      body,
      headers: { "Accept": "application/json", "X-CSRF-Token": this.form.dataset.token },
      redirect: "manual",
      signal: this.stop?.signal,
    });
    // Who is not signed in is sent to where that is done.
    if (answer.type === "opaqueredirect") throw new Refused(this.words.session);
    if (answer.status >= 500 && answer.status !== 507) throw new Error(`${answer.status}`);
    const told = answer.status === 204 ? {} : await answer.json();
    // The registry wants another piece: one of ours had arrived, and its answer was lost.
    if (answer.status === 409 && "received" in told) return told;
    if (answer.status === 404 || answer.status === 410) {
      if (this.begun) {
        this.keep(null);
        throw new Refused(this.words.over);
      }
    }
    if (!answer.ok) throw new Refused(told.detail || `${answer.status}`);
    return told;
  }

  pause() {
    this.stop.abort();
    this.say(this.words.paused);
    this.buttons.pause.textContent = this.words.resume;
  }

  async cancel() {
    this.stop?.abort();
    this.stop = null;
    const begun = this.begun;
    this.reset();
    this.say(this.words.givenUp);
    this.keep(null);
    if (begun) await this.ask("DELETE", begun.address).catch(() => {});
  }

  failed(error) {
    if (this.stop === null) return;
    this.buttons.pause.textContent = this.words.resume;
    if (error.name === "AbortError") return;
    this.say("");
    this.complain(error instanceof Refused ? error.message : this.words.broken);
    if (!this.begun) this.reset();
  }

  reset() {
    this.buttons.submit.hidden = false;
    this.buttons.submit.textContent = this.submitWord;
    this.buttons.pause.hidden = this.buttons.cancel.hidden = true;
    this.form.querySelector(".earlier").hidden = true;
    this.form.querySelector(".transfer").hidden = true;
    this.file.disabled = false;
    this.lock(false);
  }

  finished(done) {
    this.reset();
    this.form.querySelector(".transfer").hidden = false;
    this.file.value = "";
    const line = this.form.querySelector(".state-line");
    const link = document.createElement("a");
    link.href = done.address;
    link.textContent = done.address.slice(1);
    const digest = document.createElement("code");
    digest.textContent = done.digest;
    line.replaceChildren(this.words.done, " ", link, " ", digest);
    link.focus();
  }

  show(received, size, left) {
    this.form.querySelector(".transfer").hidden = false;
    this.progress.value = Math.floor((100 * received) / size);
    const time = inTime(left);
    this.form.querySelector(".numbers-line").textContent =
      `${inBytes(received)} / ${inBytes(size)}` + (time && received < size ? ` · ${time} ${this.words.left}` : "");
  }

  say(text) {
    this.form.querySelector(".state-line").textContent = text;
  }

  complain(text) {
    const line = this.form.querySelector(".trouble-line");
    line.textContent = text;
    line.hidden = !text;
  }
}

const form = document.querySelector("form.upload");
if (form) new Upload(form);
