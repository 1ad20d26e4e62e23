// Tables that can be sorted by their headings, and copied. Without this they stand as they are.

// What a cell holds, not how it is written.
function value(cell) {
  return cell.dataset.value ?? cell.textContent.trim();
}

// Sort by a column: falling first, and the other way when asked again. Numbers come before words.
function sort(table, column) {
  const headings = [...table.tHead.rows[0].cells];
  const rising = headings[column].getAttribute("aria-sort") === "descending";
  headings.forEach((heading) => heading.removeAttribute("aria-sort"));
  headings[column].setAttribute("aria-sort", rising ? "ascending" : "descending");
  const isNumber = (text) => text !== "" && !Number.isNaN(Number(text));
  const order = (one, other) => {
    const [a, b] = [one, other].map((row) => value(row.cells[column]));
    if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1;
    const difference = isNumber(a) ? a - b : a.localeCompare(b);
    return rising ? difference : -difference;
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
}

// The table as text that a spreadsheet takes: tabs between cells, and no name is a formula.
function asText(table) {
  const safe = (text) => (/^[=+\-@＝＋－＠]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);
  const line = (row) => [...row.cells].map((cell) => safe(value(cell))).join("\t");
  return [...table.rows].map(line).join("\n");
}

for (const table of document.querySelectorAll("table")) {
  // Not button elements: with those in it, Chromium does not print a heading on every page.
  table.querySelectorAll("thead span").forEach((heading, column) => {
    heading.tabIndex = 0;
    heading.setAttribute("role", "button");
    heading.addEventListener("click", () => sort(table, column));
    heading.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sort(table, column);
    });
  });
  if (navigator.clipboard) {
    const copy = document.createElement("button");
    copy.textContent = "Copy";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(asText(table));
      copy.textContent = "Copied";
    });
    table.caption.append(copy);
  }
}

addEventListener("beforeprint", () => {
  for (const more of document.querySelectorAll("td details, div > details")) more.open = true;
});
