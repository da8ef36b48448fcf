// Keys and small conveniences. Everything also works without: links and forms.
"use strict";
(() => {
  const typing = (element) => element && (/^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) && !/^(checkbox|radio)$/.test(element.type));
  const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")];
  let current = -1;

  function move(step) {
    const all = rows();
    if (!all.length) return;
    current = Math.max(0, Math.min(all.length - 1, current + step));
    all.forEach((row, number) => row.classList.toggle("current", number === current));
    all[current].scrollIntoView({ block: "nearest" });
  }

  function open(details) {
    document.querySelectorAll("details.decision[open]").forEach((other) => { if (other !== details) other.open = false; });
    details.open = true;
    const field = details.querySelector("[data-focus]") || details.querySelector("button");
    field.focus();
    if (field.select) field.select();
  }

  let zoom = 0;
  function applyZoom() {
    const paper = document.querySelector(".paper");
    if (!paper) return;
    paper.className = "paper" + (zoom ? " zoom-" + zoom : "");
    const marked = paper.querySelector("rect.suspect") || paper.querySelector("rect");
    if (!marked) return;
    // only the paper scrolls, never the whole screen
    const box = marked.getBoundingClientRect(), frame = paper.getBoundingClientRect();
    paper.scrollTop += box.top - frame.top - (frame.height - box.height) / 2;
    paper.scrollLeft += box.left - frame.left - (frame.width - box.width) / 2;
  }
  function zoomBy(step) { zoom = Math.max(0, Math.min(4, zoom + step)); applyZoom(); }

  function pick(address) {
    const field = document.getElementById("cell");
    if (!address || !field) return;
    field.value = address;
    document.querySelectorAll("td.picked").forEach((cell) => cell.classList.remove("picked"));
    document.querySelectorAll('td[data-cell="' + CSS.escape(address) + '"]').forEach((cell) => cell.classList.add("picked"));
    open(document.getElementById("decide-correct"));
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest("[data-zoom]")) { zoomBy(Number(target.closest("[data-zoom]").dataset.zoom)); return; }
    const language = target.closest("[data-language]");
    if (language) {
      event.preventDefault();
      const here = new URL(location.href);
      here.searchParams.set("lang", language.dataset.language);
      location.assign(here);
      return;
    }
    const cell = target.closest("[data-cell]");
    if (cell) pick(cell.dataset.cell);
    const summary = target.closest("details.decision > summary");
    if (summary && !summary.parentElement.open) { event.preventDefault(); open(summary.parentElement); }
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "all") document.querySelectorAll('input[name="item"]').forEach((box) => { box.checked = event.target.checked; });
  });
  document.addEventListener("htmx:afterSettle", (event) => { if (document.querySelector(".paper")) { if (event.detail.elt.id === "page" || event.detail.elt.querySelector("#page")) applyZoom(); } });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      document.activeElement.blur();
      document.querySelectorAll("details.decision[open]").forEach((one) => { one.open = false; });
      return;
    }
    if (typing(document.activeElement)) return;
    const click = (selector) => { const found = document.querySelector(selector); if (found) { event.preventDefault(); found.click(); } };
    switch (event.key) {
      case "j": move(1); return;
      case "k": move(-1); return;
      case "Enter": {
        const row = rows()[current];
        if (row && document.activeElement === document.body) { const link = row.querySelector("a"); if (link) link.click(); }
        return;
      }
      case "x": { const row = rows()[current]; const box = row && row.querySelector('input[name="item"]'); if (box) box.checked = !box.checked; return; }
      case "b": click('a[href^="/group"]'); return;
      case "n": click("#next"); return;
      case "q": location.assign("/queue"); return;
      case "[": click("#page-back"); return;
      case "]": click("#page-on"); return;
      case "+": case "=": zoomBy(1); return;
      case "-": zoomBy(-1); return;
      case "/": { const search = document.getElementById("search"); if (search) { event.preventDefault(); search.focus(); } return; }
      case "?": document.getElementById("help").classList.toggle("whole"); return;
    }
    const decision = document.querySelector('details.decision[data-key="' + CSS.escape(event.key) + '"]');
    if (decision) { event.preventDefault(); open(decision); return; }
    const button = document.querySelector('button[data-key="' + CSS.escape(event.key) + '"]');
    if (button) { event.preventDefault(); button.click(); }
  });
  const first = document.querySelector("#bulk [data-focus]");
  if (first) { first.focus(); }
})();
