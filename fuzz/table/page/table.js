"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const table = $("table"), body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];

  // value is what a cell is sorted by: a number where it is one.
  function value(row, column) {
    const cell = row.cells[column];
    const text = cell.dataset.order ?? cell.firstChild?.textContent ?? "";
    const number = Number(text);
    return text !== "" && !Number.isNaN(number) ? number : text;
  }

  // compare puts what is empty last, and numbers in front of words.
  function compare(a, b) {
    if (a === "" || b === "") return (a === "") - (b === "");
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return typeof a === "number" ? a - b : a.localeCompare(b);
  }

  function sort(column) {
    const head = heads[column];
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const h of heads) h.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.sort((a, b) => {
      const [x, y] = [value(a, column), value(b, column)];
      return down && x !== "" && y !== "" ? compare(y, x) : compare(x, y);
    });
    body.append(...rows);
  }

  // filter shows the rows that have all the words and the mark.
  function filter() {
    const words = $("find").value.toLowerCase().split(/\s+/).filter((w) => w);
    const mark = $("marks").value;
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = mark !== "" && row.dataset.mark !== mark || !words.every((w) => text.includes(w));
      shown += row.hidden ? 0 : 1;
    }
    $("count").textContent = `${shown} of ${rows.length} cells`;
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(column));
    head.replaceChildren(button);
  });
  for (const mark of new Set(rows.map((row) => row.dataset.mark))) {
    $("marks").add(new Option(mark, mark));
  }
  $("controls").hidden = false;
  document.querySelector(".keys").hidden = false;
  $("controls").addEventListener("submit", (e) => e.preventDefault());
  $("find").addEventListener("input", filter);
  $("marks").addEventListener("change", filter);
  document.addEventListener("keydown", (e) => {
    const typing = e.target === $("find");
    if (e.key === "/" && !typing) {
      e.preventDefault();
      $("find").focus();
    } else if (e.key === "Escape" && typing) {
      $("find").value = "";
      filter();
    }
  });
  filter();
  document.body.dataset.ready = "true";
})();
