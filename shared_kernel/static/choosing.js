"use strict";
// A text field that suggests rows while somebody types. What stands in the field counts, so that a scanner,
// which types and presses Enter, needs no list: Enter goes on to the next such field that is empty.

const PAUSE = 250;

document.addEventListener("DOMContentLoaded", () => {
  for (const field of document.querySelectorAll("input[data-choices]")) suggestFor(field);
});

function suggestFor(field) {
  const list = document.createElement("ul");
  const chosen = document.createElement("div");
  let asked = 0;
  let timer;
  let active = -1;

  list.id = `${field.id}_choices`;
  list.className = "choices";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  chosen.className = "chosen";
  chosen.setAttribute("role", "status");
  field.after(list, chosen);
  field.autocomplete = "off";
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  const close = () => {
    asked += 1;
    active = -1;
    list.hidden = true;
    list.replaceChildren();
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const choose = (option) => {
    field.value = option.dataset.value;
    chosen.textContent = option.textContent;
    close();
  };

  const activate = (number) => {
    const options = list.children;
    active = (number + options.length) % options.length;
    for (const [place, option] of Array.from(options).entries()) {
      option.setAttribute("aria-selected", String(place === active));
    }
    options[active].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[active].id);
  };

  const show = (results) => {
    close();
    for (const [place, result] of results.entries()) {
      const option = document.createElement("li");
      option.id = `${list.id}_${place}`;
      option.dataset.value = result.id;
      option.textContent = result.text;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        choose(option);
      });
      list.append(option);
    }
    list.hidden = results.length === 0;
    field.setAttribute("aria-expanded", String(results.length > 0));
  };

  const ask = async () => {
    const question = (asked += 1);
    const response = await fetch(`${field.dataset.choices}?${new URLSearchParams({ term: field.value })}`);
    if (!response.ok || question !== asked) return;
    const { results } = await response.json();
    if (question === asked) show(results);
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    chosen.textContent = "";
    close();
    if (field.value.trim()) timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("blur", () => {
    clearTimeout(timer);
    close();
  });
  field.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    const next = Array.from(field.form.querySelectorAll("input[data-choices]")).find((other) => !other.value);
    if (event.key === "ArrowDown" && open) activate(active + 1);
    else if (event.key === "ArrowUp" && open) activate(active < 0 ? -1 : active - 1);
    else if (event.key === "Escape" && open) close();
    else if (event.key === "Enter" && active >= 0) choose(list.children[active]);
    else if (event.key === "Enter" && next && next !== field) next.focus();
    else return;
    event.preventDefault();
  });
}
