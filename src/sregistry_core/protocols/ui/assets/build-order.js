// The form works without this file: it numbers the lines, keeps the indent of a line for the next
// one, and reads a chosen file into the text.
"use strict";

class Recipe {
  constructor(form) {
    this.form = form;
    this.text = form.querySelector("#definition");
    this.gutter = form.querySelector(".gutter");
    this.words = form.querySelector(".words").dataset;
    this.gutter.hidden = false;
    this.text.addEventListener("input", () => this.number());
    this.text.addEventListener("scroll", () => this.align());
    this.text.addEventListener("keydown", event => this.indent(event));
    new ResizeObserver(() => this.align()).observe(this.text);
    form.querySelector("#recipe").addEventListener("change", event => this.read(event.target));
    this.number();
  }

  number() {
    const count = this.text.value.split("\n").length;
    if (count === this.count) return;
    this.count = count;
    this.gutter.textContent = Array.from({ length: count }, (_, index) => index + 1).join("\n");
    this.align();
  }

  align() {
    this.gutter.style.height = `${this.text.offsetHeight}px`;
    this.gutter.scrollTop = this.text.scrollTop;
  }

  // Tab goes on to the next field, as everywhere.
  indent(event) {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    const before = this.text.value.slice(0, this.text.selectionStart);
    const blank = /(?:^|\n)([ \t]*)[^\n]*$/.exec(before)[1];
    if (!blank) return;
    event.preventDefault();
    // Unlike another value, this can be undone.
    document.execCommand("insertText", false, `\n${blank}`);
  }

  async read(input) {
    const [file] = input.files;
    const trouble = this.form.querySelector(".recipe-trouble");
    const said = this.form.querySelector(".recipe-read");
    trouble.hidden = true;
    said.textContent = "";
    if (!file) return;
    try {
      if (file.size > Number(this.text.dataset.largest)) throw new RangeError();
      const decoder = new TextDecoder("utf-8", { fatal: true });
      this.text.value = decoder.decode(await file.arrayBuffer()).replaceAll("\r\n", "\n");
      said.textContent = this.words.read;
      this.number();
    } catch (error) {
      trouble.textContent = error instanceof RangeError ? this.words.large : this.words.binary;
      trouble.hidden = false;
    }
    input.value = "";
  }
}

const form = document.querySelector("form.order");
if (form) new Recipe(form);
