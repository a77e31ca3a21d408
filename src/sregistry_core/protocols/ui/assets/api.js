// Sends a request to the API as any client would: with a token in its header, and without the cookie.
"use strict";

const MOST_SHOWN = 64 * 1024;

// In quotes for a shell: what is within is taken as it is.
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

class Trial {
  constructor(form) {
    this.form = form;
    this.data = form.dataset;
    this.body = form.querySelector("#in-body");
    this.token = null;
    form.hidden = false;
    form.addEventListener("input", () => this.tell());
    form.addEventListener("submit", event => {
      event.preventDefault();
      this.send();
    });
  }

  address() {
    let path = this.data.path;
    const query = new URLSearchParams();
    for (const field of this.form.querySelectorAll("[data-name]")) {
      const { name, where } = field.dataset;
      if (where === "path") path = path.replace(`{${name}}`, field.value ? encodeURIComponent(field.value) : `{${name}}`);
      else if (field.value) query.set(name, field.value);
    }
    return query.size ? `${path}?${query}` : path;
  }

  tell() {
    const words = ["curl"];
    if (this.data.method !== "GET") words.push(`-X ${this.data.method}`);
    words.push('-H "Authorization: Bearer $TOKEN"');
    if (this.body) words.push(`-H 'Content-Type: application/json' -d ${quoted(this.body.value)}`);
    words.push(quoted(this.data.url + this.address()));
    document.getElementById("curl").textContent = words.join(" ");
  }

  async send() {
    if (this.data.ask && !confirm(this.data.ask)) return;
    this.tell();
    const answer = this.form.parentElement.querySelector(".answer");
    const line = answer.querySelector(".state-line");
    answer.hidden = false;
    line.textContent = "…";
    try {
      const found = await this.ask();
      line.textContent = `${found.status} ${found.statusText}`.trim();
      answer.querySelector(".headers").textContent = [...found.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
      answer.querySelector(".body").textContent = await this.read(found);
    } catch (error) {
      line.textContent = error.told ?? this.data.broken;
      answer.querySelector(".headers").textContent = answer.querySelector(".body").textContent = "";
    }
  }

  async ask() {
    const headers = { "Accept": "application/json" };
    if (this.body) headers["Content-Type"] = "application/json";
    for (let tried = 0; ; tried += 1) {
      if ("signedIn" in this.data) {
        this.token ??= await this.newToken();
        headers["Authorization"] = `Bearer ${this.token}`;
      }
      const found = await fetch(this.address(), {
        method: this.data.method,
        headers,
        body: this.body?.value,
        credentials: "omit",
      });
      // The token has run out, or another page has taken a new one.
      if (found.status !== 401 || !this.token || tried) return found;
      this.token = null;
    }
  }

  async newToken() {
    const found = await fetch("/-/api-token", {
      method: "POST",
      headers: { "Accept": "application/json" },
      body: new URLSearchParams({ csrf_token: this.data.token }),
      redirect: "manual",
    });
    if (!found.ok) throw Object.assign(new Error("no token"), { told: this.data.session });
    return (await found.json()).token;
  }

  // A file may have gigabytes: only its beginning is read.
  async read(found) {
    if (!found.body) return this.data.nothing;
    const reader = found.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      if (text.length > MOST_SHOWN) {
        await reader.cancel();
        return `${text.slice(0, MOST_SHOWN)}\n… ${this.data.cut}`;
      }
    }
    if (!text) return this.data.nothing;
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }
}

const form = document.querySelector("form.try");
if (form) new Trial(form);
