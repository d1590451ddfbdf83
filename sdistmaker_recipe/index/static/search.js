"use strict";

// Adds a search to the root page, buttons to copy text, and the index's address to the lines to copy. Every
// page can be read without this script.

(() => {
  const index = new URL(document.body.dataset.top || ".", location.href);
  index.search = index.hash = "";

  for (const place of document.querySelectorAll(".index")) place.textContent = index.href;
  for (const hint of document.querySelectorAll(".hint")) hint.hidden = true;

  // Copying

  const said = document.createElement("p");
  said.className = "unseen";
  said.setAttribute("role", "status");
  document.body.append(said);

  // Without https browsers have no navigator.clipboard.
  const copySelection = (element) => {
    const selection = getSelection();
    selection.selectAllChildren(element);
    const copied = document.execCommand("copy");
    if (copied) selection.removeAllRanges();
    return copied;
  };

  const copy = async (element) => {
    try {
      await navigator.clipboard.writeText(element.textContent);
      return true;
    } catch {
      return copySelection(element);
    }
  };

  for (const element of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${element.dataset.copy}`);
    button.addEventListener("click", async () => {
      const copied = await copy(element);
      button.textContent = copied ? "Copied" : "Select";
      said.textContent = copied ? `Copied ${element.dataset.copy}` : "Selected: copy it with the keyboard";
      setTimeout(() => {
        button.textContent = "Copy";
        said.textContent = "";
      }, 2000);
    });
    element.after(button);
    element.classList.add("shortened");
  }

  // Searching

  const form = document.querySelector(".search");
  if (!form) return;
  const input = form.querySelector("input");
  const found = form.querySelector("[role=status]");
  const latest = document.querySelector(".latest");
  const projects = document.querySelector(".projects");
  const simple = (text) => text.toLowerCase().replace(/[-_.\s]+/g, "-");
  const entries = Array.from(document.querySelectorAll(".projects li"), (item) => {
    const link = item.querySelector("a");
    return { item, link, name: simple(link.textContent), text: simple(item.textContent) };
  });
  let shown = entries;

  const search = () => {
    const words = input.value.trim().split(/\s+/).map(simple).filter((word) => word !== "-" && word);
    shown = entries.filter(({ item, text }) => {
      const matches = words.every((word) => text.includes(word));
      item.hidden = !matches;
      return matches;
    });
    latest.hidden = words.length > 0;
    projects.hidden = shown.length === 0;
    found.textContent = words.length
      ? `${shown.length || "No"} project${shown.length === 1 ? "" : "s"} found`
      : "";
    const address = new URL(location.href);
    if (words.length) address.searchParams.set("q", input.value.trim());
    else address.searchParams.delete("q");
    history.replaceState(null, "", address);
  };

  // The project of this name; else one whose name begins with it, or contains it; else the first one.
  const best = () => {
    const wanted = simple(input.value.trim());
    return (
      shown.find(({ name }) => name === wanted) ||
      shown.find(({ name }) => name.startsWith(wanted)) ||
      shown.find(({ name }) => name.includes(wanted)) ||
      shown[0]
    );
  };

  const step = (event, by) => {
    const place = shown.findIndex(({ link }) => link === document.activeElement) + by;
    if (place >= shown.length) return;
    event.preventDefault();
    (place < 0 ? input : shown[place].link).focus();
  };

  input.addEventListener("input", search);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim() && shown.length) location.assign(best().link.href);
  });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const active = document.activeElement;
    const inside = active === input || shown.some(({ link }) => link === active);
    if (event.key === "Escape" && inside) {
      input.value = "";
      search();
      input.focus();
    } else if (event.key === "ArrowDown" && inside) step(event, 1);
    else if (event.key === "ArrowUp" && inside && active !== input) step(event, -1);
  });

  form.hidden = false;
  input.value = new URL(location.href).searchParams.get("q") || "";
  search();
})();
