"use strict";

// Adds to the root page a search, another order and pages of its list; buttons to copy text; and the index's
// address to the lines to copy. Every page can be read without this script.

(() => {
  const index = new URL(document.body.dataset.top || ".", location.href);
  index.search = index.hash = "";

  for (const place of document.querySelectorAll(".index")) place.textContent = index.href;
  for (const hint of document.querySelectorAll(".hint")) hint.hidden = true;

  // The same tab on each page

  const tabs = document.querySelectorAll(".install input");
  try {
    for (const tab of tabs) {
      tab.checked = tab.id === localStorage.getItem("sdists-tab") || tab.checked;
      tab.addEventListener("change", () => localStorage.setItem("sdists-tab", tab.id));
    }
  } catch {
    // A browser may keep nothing.
  }

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
  const list = projects.querySelector("ul");
  const order = projects.querySelector(".order");
  const pages = projects.querySelector(".pages");
  const pageLength = 200;
  const simple = (text) => text.toLowerCase().replace(/[-_.\s]+/g, "-");
  const byName = Array.from(list.children, (item) => {
    const link = item.querySelector("a");
    const name = simple(link.textContent);
    const text = simple(Array.from(item.children, (part) => part.textContent).join(" "));
    const date = item.querySelector("time")?.textContent || "";
    return { item, link, name, text, date, words: [name, ...text.split("-")] };
  });
  const newestFirst = [...byName].sort((one, other) => (one.date < other.date) - (one.date > other.date));
  const wantedAtFirst = new URL(location.href).searchParams;
  let entries = wantedAtFirst.get("sort") === "newest" ? newestFirst : byName;
  let page = Number.parseInt(wantedAtFirst.get("page"), 10) || 1;
  let matches = entries;
  let shown = entries;

  // Whether one word becomes the other by so many letters that are inserted, left out, replaced or swapped.
  const differsLittle = (one, other, most) => {
    if (Math.abs(one.length - other.length) > most) return false;
    let [before, row] = [[], Array.from({ length: other.length + 1 }, (_, place) => place)];
    for (let i = 1; i <= one.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= other.length; j += 1) {
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (one[i - 1] !== other[j - 1]));
        if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
          next[j] = Math.min(next[j], before[j - 2] + 1);
        }
      }
      [before, row] = [row, next];
    }
    return row[other.length] <= most;
  };

  // Long words may have two wrong letters, short ones none; the beginning of a word counts as the word.
  const isLike = (wanted, words) => {
    const most = wanted.length < 4 ? 0 : wanted.length < 8 ? 1 : 2;
    return most > 0 && words.some(
      (word) => differsLittle(wanted, word, most) || differsLittle(wanted, word.slice(0, wanted.length), most),
    );
  };

  const remember = () => {
    const address = new URL(location.href);
    const values = { q: input.value.trim(), sort: entries === byName ? "" : "newest", page: page > 1 ? page : "" };
    for (const [name, value] of Object.entries(values)) {
      if (value && (name !== "q" || simple(value) !== "-")) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(null, "", address);
  };

  const show = () => {
    const last = Math.max(1, Math.ceil(matches.length / pageLength));
    page = Math.min(Math.max(1, page), last);
    shown = matches.slice((page - 1) * pageLength, page * pageLength);
    list.replaceChildren(...shown.map(({ item }) => item));
    projects.hidden = shown.length === 0;
    pages.hidden = last === 1;
    pages.querySelector("span").textContent = `Page ${page} of ${last}`;
    for (const button of pages.querySelectorAll("button")) {
      button.disabled = page === (button.dataset.by < 0 ? 1 : last);
    }
    for (const button of order.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String("newest" in button.dataset === (entries === newestFirst)));
    }
    remember();
  };

  const search = () => {
    const words = input.value.trim().split(/\s+/).map(simple).filter((word) => word !== "-" && word);
    const find = (fits) => entries.filter((entry) => words.every((word) => fits(word, entry)));
    matches = find((word, { text }) => text.includes(word));
    const isExact = matches.length > 0;
    if (!isExact) matches = find((word, { text, words: parts }) => text.includes(word) || isLike(word, parts));
    latest.hidden = words.length > 0;
    const counted = `${matches.length || "No"} ${isExact || !matches.length ? "" : "similar "}`
      + `project${matches.length === 1 ? "" : "s"} found`;
    found.textContent = words.length ? counted : "";
    show();
  };

  // The project of this name; else one whose name begins with it, or contains it; else the first one.
  const best = () => {
    const wanted = simple(input.value.trim());
    return (
      matches.find(({ name }) => name === wanted) ||
      matches.find(({ name }) => name.startsWith(wanted)) ||
      matches.find(({ name }) => name.includes(wanted)) ||
      matches[0]
    );
  };

  const step = (event, by) => {
    const place = shown.findIndex(({ link }) => link === document.activeElement) + by;
    if (place >= shown.length) return;
    event.preventDefault();
    (place < 0 ? input : shown[place].link).focus();
  };

  input.addEventListener("input", () => {
    page = 1;
    search();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim() && matches.length) location.assign(best().link.href);
  });
  order.addEventListener("click", ({ target }) => {
    if (!target.matches("button")) return;
    entries = "newest" in target.dataset ? newestFirst : byName;
    page = 1;
    search();
  });
  pages.addEventListener("click", ({ target }) => {
    if (!target.matches("button")) return;
    page += Number(target.dataset.by);
    show();
    projects.scrollIntoView();
  });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    const active = document.activeElement;
    const inside = active === input || shown.some(({ link }) => link === active);
    if (event.key === "Escape" && inside) {
      input.value = "";
      page = 1;
      search();
      input.focus();
    } else if (event.key === "ArrowDown" && inside) step(event, 1);
    else if (event.key === "ArrowUp" && inside && active !== input) step(event, -1);
  });

  form.hidden = false;
  order.hidden = false;
  input.value = wantedAtFirst.get("q") || "";
  search();
})();
