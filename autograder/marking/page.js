// The marking page: shows one answer at a time and sends what a marker gives to the server.
// Nothing is loaded between two answers: all answers of a question are here, and what stands beside
// the next one is asked for in advance.

const at = (id) => document.getElementById(id);
const POLL = 3000; // milliseconds between two questions for news
const MOST_WORDS = 800; // of an answer that are compared with another's
const AHEAD = 2; // answers whose run and model answer are fetched in advance
const ITEM_KEYS = "1234567890abdfhijmnoqrvwxyz"; // of the items of a rubric; the others are in KEYS

let question = null; // as `Desk.question` gives it, with `answers` in the order of the page
let here = null; // the answer that is shown
let together = false; // mark all ticked answers of the group
let unticked = new Set(); // students of the group who are left out
let beside = new Map(); // promises of what stands beside answers, by student
let undoable = []; // what was saved here and can be undone, the last at the end
let unsure = null; // the student of an answer without an item of some criterion, which was said
let busy = false;

// -- the server ---------------------------------------------------------------------------------

function cookie(name) {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

// Gives the answer; throws an Error with a sentence, `code` and `students`.
async function ask(what, told, post = true) {
  const place = question ? { unit: question.unit, question: question.name } : {};
  const asked = { ...place, marker: marker(), ...told };
  const url = new URL(`api/${what}`, location.href.split(/[?#]/)[0]);
  const options = { credentials: "same-origin" };
  if (post) {
    options.method = "POST";
    options.body = JSON.stringify(asked);
    options.headers = { "Content-Type": "application/json", "X-XSRFToken": cookie("_xsrf") };
  } else {
    for (const [key, value] of Object.entries(asked)) url.searchParams.set(key, value);
  }
  let reply, body;
  try {
    reply = await fetch(url, options);
    body = await reply.json();
  } catch {
    throw new Error("The server does not answer. Nothing is lost: what you chose is kept here. " +
      "Start it again with `autograder mark` if it has ended, then save once more.");
  }
  if (!reply.ok) {
    throw Object.assign(new Error(body.message || reply.statusText),
      { code: reply.status, students: body.students || [] });
  }
  return body;
}

const look = (what, told) => ask(what, told, false);

function say(text) {
  at("banner").textContent = text;
  at("banner").hidden = !text;
}

// -- small things -------------------------------------------------------------------------------

function made(tag, text = "", properties = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  if (text !== "") element.textContent = text;
  return element;
}

// HTML that the server has rendered, with the same converter as the feedback.
function show(element, html) {
  element.innerHTML = html;
}

const marker = () => at("marker").value.trim();
const points = (number) => (number === null ? "–" : String(Math.round(number * 1000) / 1000));
const counted = (count, noun) => `${count} ${noun}${count === 1 || count === "1" ? "" : "s"}`;
const inText = () => ["TEXTAREA", "INPUT", "SELECT"].includes(document.activeElement?.tagName) &&
  !["checkbox", "radio"].includes(document.activeElement.type);
const name = (answer) => (at("names").checked ? answer.student : `answer ${answer.number}`);
const draftKey = (answer) => `draft ${question.unit} ${question.name} ${answer.student} ${answer.hash}`;

function numberOf(text) {
  const written = text.trim().replace(",", ".");
  return /^\d*\.?\d+$|^\d+\.$/.test(written) ? Number(written) : NaN;
}

// -- the list of questions ----------------------------------------------------------------------

async function openList() {
  question = here = null;
  location.hash = "";
  document.title = at("title").textContent = "Marking";
  at("desk").hidden = at("back").hidden = true;
  at("list").hidden = false;
  at("progress").textContent = at("others").textContent = "";
  const told = await look("overview", {});
  at("marker").value = marker() || localStorage.getItem("marker") || told.user;
  const rows = told.questions.map((one) => {
    const row = made("tr", "", { tabIndex: 0 });
    const cells = [one.unit, one.title.filter(Boolean).join(": ") || one.name, one.points,
      one.answers, one.open, one.markers.join(", ")];
    row.append(...cells.map((text) => made("td", String(text))));
    row.onclick = () => guarded(() => openQuestion(one.unit, one.name));
    row.onkeydown = (event) => {
      if (event.key === "Enter") row.onclick();
      if (event.key === "ArrowDown") row.nextSibling?.focus();
      if (event.key === "ArrowUp") row.previousSibling?.focus();
      event.stopPropagation();
    };
    return row;
  });
  const body = at("list").querySelector("tbody");
  body.replaceChildren(...rows);
  (rows[told.questions.findIndex((one) => one.open)] || rows[0])?.focus();
  if (!rows.length) say("The course has no written answer.");
  return told;
}

// -- one question -------------------------------------------------------------------------------

async function openQuestion(unit, wanted) {
  question = { unit, name: wanted };
  take(await look("question", {}));
  at("list").hidden = true;
  at("desk").hidden = at("back").hidden = false;
  location.hash = new URLSearchParams({ unit, question: wanted });
  at("divided").textContent = "";
  at("answer").focus();
  go(next(null) || question.answers[0] || null);
  warn();
}

function warn() {
  const { problem, without, unit } = question;
  if (problem) say(problem);
  else if (without.length) {
    say(`${counted(without.length, "graded notebook")} cannot be read, for instance that of ` +
      `${without[0]}: run \`autograder grade ${unit}\`.`);
  }
}

function take(told) {
  const current = here?.student;
  question = told;
  beside = new Map();
  here = told.answers.find((one) => one.student === current) || null;
  document.title = at("title").textContent =
    `${told.unit}: ${told.title.filter(Boolean).join(", ")} (${counted(told.points, "point")})`;
  show(at("question"), told.html);
  at("shares").value = told.shares.join(", ");
  at("sample").value = told.answers.filter((one) => one.sample).length || "";
}

// What the server says after something was written, or because others have.
function update(told) {
  question.items = told.items;
  question.phrases = told.phrases;
  question.agreement = told.agreement;
  question.stamp = told.stamp;
  for (const answer of question.answers) {
    if (told.given[answer.student]) answer.given = told.given[answer.student];
  }
}

const blind = () => at("filter").value === "second";

function isWanted(answer) {
  const waits = answer.given.open && answer.given.points === null;
  switch (at("filter").value) {
    case "open": return waits && !answer.empty;
    case "mine": return waits && !answer.empty && (!answer.share || answer.share === marker());
    case "again": return answer.given.open && answer.given.points !== null;
    case "second": return answer.sample && answer.given.points !== null && !answer.seconded &&
      answer.given.marker !== marker();
    default: return true;
  }
}

// The next answer that is wanted, from one on and round the end; null if there is none.
function next(from, step = 1) {
  const all = question.answers;
  const start = from ? all.indexOf(from) : step > 0 ? -1 : all.length;
  for (let i = 1; i <= all.length; i++) {
    const answer = all[(((start + step * i) % all.length) + all.length) % all.length];
    if (answer !== from && isWanted(answer)) return answer;
  }
  return null;
}

// -- one answer ---------------------------------------------------------------------------------

function go(answer) {
  here = answer;
  together = false;
  unticked = new Set();
  unsure = null;
  say("");
  draw();
  if (!answer) return;
  if (document.activeElement?.tagName === "BUTTON") at("answer").focus(); // Enter saves again
  at("answer").scrollTop = 0;
  const kept = draft(answer);
  if (kept) fill(kept);
  prefetch(answer);
}

function prefetch(answer) {
  fetchBeside(answer).then((told) => answer === here && drawBeside(told), (error) => {
    if (answer === here) show(at("model"), ""), (at("run").textContent = error.message);
  });
  let ahead = answer;
  for (let i = 0; i < AHEAD; i++) {
    ahead = next(ahead);
    if (ahead) fetchBeside(ahead).catch(() => {});
  }
}

function fetchBeside(answer) {
  if (!beside.has(answer.student)) {
    const promise = look("beside", { student: answer.student });
    promise.catch(() => beside.delete(answer.student));
    beside.set(answer.student, promise);
  }
  return beside.get(answer.student);
}

function drawBeside(told) {
  show(at("model"), told.model);
  show(at("run"), told.run || "The cells of the run have no output.");
  const lines = told.history.map((one) =>
    made("li", `${one.at} ${one.marker || "formgrader"}: ${points(one.points)} (${one.kind})`));
  at("history").replaceChildren(...(blind() ? [] : lines));
  const { suggestion } = told;
  at("suggestion").hidden = !suggestion;
  if (!suggestion) return;
  const said = question.items.filter((item) => suggestion.items.includes(item.id));
  const what = said.length ? `Suggested (s): ${said.map((i) => i.points).join(" + ")}. ` : "";
  at("suggestion").textContent = what + suggestion.reason;
  at("suggestion").dataset.items = JSON.stringify(suggestion.items);
}

const waiting = () => question.answers.filter(
  (one) => one.given.open && one.given.points === null && !one.empty);

function draw() {
  const all = question.answers;
  const open = waiting().length;
  at("progress").textContent = `${all.length - open} of ${all.length} done, ${open} waiting`;
  at("done").hidden = Boolean(here && (isWanted(here) || at("filter").value === "all" || next(null)));
  drawList();
  drawItems();
  drawPhrases();
  drawAgreement();
  const again = all.filter((one) => one.given.open && one.given.points !== null);
  at("confirm-all").hidden = at("filter").value !== "again" || again.length < 2;
  at("mark").hidden = !here;
  at("who").textContent = here ? name(here) : "";
  show(at("answer"), here ? here.html || "<em>No text.</em>" : "");
  for (const id of ["model", "run"]) at(id).textContent = here ? "…" : "";
  at("history").replaceChildren();
  at("suggestion").hidden = true;
  if (!here) return;
  const given = here.given;
  at("own").value = given.own === null || blind() ? "" : points(given.own);
  at("comment").value = blind() ? "" : given.comment;
  drawTotal();
  at("state").textContent = blind() ? "" : stateOf(here);
  at("keep").hidden = !(given.open && given.points !== null);
  drawGroup();
}

function stateOf(answer) {
  const given = answer.given;
  if (given.points === null) return answer.empty ? "Nothing was written: 0 points." : "";
  const who = given.elsewhere ? "in formgrader" : `by ${given.marker} at ${given.at} UTC`;
  const again = given.open ? " To look at again: answer, rubric or points have changed since." : "";
  return `${counted(points(given.points), "point")}, ${who}.${again}`;
}

// What the answer gets if it is saved now.
function drawTotal() {
  const own = at("own").value.trim();
  const items = question.items.filter((item) => inputOf(item)?.checked);
  const sum = items.reduce((total, item) => total + item.points, 0);
  const found = own ? numberOf(own) : Math.min(Math.max(sum, 0), question.points);
  const now = own || items.length ? `${Number.isNaN(found) ? "?" : points(found)} ` : "";
  at("most").textContent = `${now}of ${points(question.points)}`;
}

function drawList() {
  const shown = question.answers.filter((one) => isWanted(one) || one === here);
  let group = null;
  at("answers").replaceChildren(...shown.map((answer) => {
    const line = made("li", "", { className: answer.given.open ? "open" : "" });
    const got = blind() ? "" : answer.empty && answer.given.points === null ? "empty" :
      points(answer.given.points);
    line.append(made("span", name(answer)), made("span", got, { className: "got" }));
    if (answer === here) line.setAttribute("aria-current", "true");
    if (answer.group !== group) line.classList.add("first");
    group = answer.group;
    line.onclick = () => go(answer);
    return line;
  }));
  at("answers").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

function drawItems() {
  const box = at("items");
  box.replaceChildren(made("legend", "Rubric"));
  const given = new Set(here && !blind() ? here.given.items : []);
  let criterion;
  question.items.forEach((item, index) => {
    if (item.criterion !== criterion && (item.criterion || criterion !== undefined)) {
      box.append(made("p", item.criterion ?? "besides", { className: "criterion" }));
    }
    criterion = item.criterion;
    const label = made("label", "", { className: "item" });
    const input = made("input", "", { type: "checkbox", value: item.id, checked: given.has(item.id) });
    input.onchange = () => choose(item, input.checked);
    label.append(input, index < ITEM_KEYS.length ? made("kbd", ITEM_KEYS[index]) : "",
      made("span", points(item.points), { className: "points" }), made("span", item.sentence));
    box.append(label);
  });
}

// Choose an item, or take it back; of a criterion one at most.
function choose(item, on) {
  for (const other of question.items) {
    const input = inputOf(other);
    if (other.id === item.id) input.checked = on;
    else if (on && item.criterion !== null && other.criterion === item.criterion) input.checked = false;
  }
  at("own").value = "";
  keepDraft();
}

const inputOf = (item) => at("items").querySelector(`input[value="${item.id}"]`);

// -- groups -------------------------------------------------------------------------------------

const members = () => (here && here.group >= 0 && !blind() ? question.answers.filter(
  (one) => one.group === here.group && one !== here && (isWanted(one) || one.given.state === here.given.state)) : []);

function drawGroup() {
  const others = members();
  const box = at("group");
  box.hidden = !others.length;
  if (!others.length) return;
  const button = made("button", "", { type: "button" });
  button.append(together ? "Mark this one alone " : `Mark all ${others.length + 1} together `, made("kbd", "g"));
  button.onclick = toggleGroup;
  const count = others.length === 1 ? "1 answer is" : `${others.length} answers are`;
  box.replaceChildren(made("p", `${count} nearly the same as this one. `), button);
  if (!together) return;
  for (const other of others) {
    const member = made("div", "", { className: "member" });
    const tick = made("input", "", { type: "checkbox", checked: !unticked.has(other.student) });
    tick.onchange = () => unticked[tick.checked ? "delete" : "add"](other.student);
    const label = made("label");
    label.append(tick, ` ${name(other)}`);
    const text = made("div");
    show(text, other.html);
    const differs = made("p", difference(at("answer").textContent, text.textContent),
      { className: "differs" });
    member.append(label, differs, text);
    box.append(member);
  }
}

// The words in which another answer differs from the one that is shown, in a line.
function difference(mine, theirs) {
  const [a, b] = [mine, theirs].map((text) => text.split(/\s+/).filter(Boolean).slice(0, MOST_WORDS));
  const same = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      same[i][j] = a[i] === b[j] ? same[i + 1][j + 1] + 1 : Math.max(same[i + 1][j], same[i][j + 1]);
    }
  }
  const gone = [], added = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    if (i < a.length && j < b.length && a[i] === b[j]) [i, j] = [i + 1, j + 1];
    else if (j < b.length && (i === a.length || same[i][j + 1] > same[i + 1][j])) added.push(b[j++]);
    else gone.push(a[i++]);
  }
  const parts = [added.length && `has “${added.join(" ")}”`, gone.length && `lacks “${gone.join(" ")}”`];
  const cut = Math.max(a.length, b.length) === MOST_WORDS ? ` in the first ${MOST_WORDS}` : "";
  return parts.filter(Boolean).join(", ") || `the same words${cut}`;
}

function toggleGroup() {
  if (!members().length) return;
  together = !together;
  drawGroup();
}

// -- drafts: what is chosen and not saved --------------------------------------------------------

const chosen = () => [...at("items").querySelectorAll("input:checked")].map((one) => Number(one.value));

function filled() {
  return { items: chosen(), own: at("own").value, comment: at("comment").value };
}

function keepDraft() {
  drawTotal();
  unsure = null;
  if (!here || blind()) return;
  const { given } = here;
  const plain = (items, own, comment) => JSON.stringify([[...items].sort(), own, comment.trim()]);
  const now = filled(), own = now.own.trim() ? numberOf(now.own) : null;
  const same = plain(now.items, own, now.comment) === plain(given.items, given.own, given.comment);
  if (same) localStorage.removeItem(draftKey(here));
  else localStorage.setItem(draftKey(here), JSON.stringify(now));
}

function draft(answer) {
  if (blind()) return null;
  try {
    return JSON.parse(localStorage.getItem(draftKey(answer)));
  } catch {
    return null;
  }
}

function check(ids) {
  for (const item of question.items) inputOf(item).checked = ids.includes(item.id);
  drawTotal();
}

function fill(kept) {
  at("own").value = kept.own;
  at("comment").value = kept.comment;
  at("state").textContent = `${stateOf(here)} Not saved yet.`.trim();
  check(kept.items);
}

// -- writing ------------------------------------------------------------------------------------

async function save() {
  if (!here) return openList();
  const own = at("own").value.trim();
  if (own && !(numberOf(own) >= 0 && numberOf(own) <= question.points)) {
    say(`“${own}” cannot be given: this question has 0 to ${points(question.points)} points. ` +
      "Write 0.5 or 0,5.");
    return at("own").focus();
  }
  if (!own && !chosen().length) {
    if (at("comment").value.trim() !== here.given.comment.trim()) {
      return say("The comment is not saved without an item or points: choose one.");
    }
    if (here.given.points !== null || here.empty) return leave();
    return say("Choose an item with its key, or enter points with p.");
  }
  const left = own ? [] : criteriaLeft();
  if (left.length && unsure !== here.student) {
    unsure = here.student;
    return say(`Nothing is chosen for ${left.join(" and ")}. Enter once more saves it so.`);
  }
  const marked = [here, ...(together ? members().filter((one) => !unticked.has(one.student)) : [])];
  const [student, form] = [here.student, filled()];
  const told = { items: form.items, own: own ? numberOf(own) : null, comment: form.comment,
    second: blind(), answers: marked.map((one) => ({ student: one.student, hash: one.hash,
      state: one.given.state })) };
  try {
    const reply = await ask("mark", told);
    for (const answer of marked) {
      if (blind()) answer.seconded = true;
      else localStorage.removeItem(draftKey(answer));
      beside.delete(answer.student);
    }
    if (!blind()) {
      undoable.push({ rows: reply.rows, student, unit: question.unit, question: question.name,
        filled: form });
    }
    update(reply);
    leave();
  } catch (error) {
    if (error.code === 409) await explain(error, marked);
    else say(error.message);
  }
}

const criteria = () => [...new Set(question.items.map((item) => item.criterion))].filter(
  (one) => one !== null);

// The criteria of which no item is chosen.
function criteriaLeft() {
  const names = new Set(criteria());
  for (const item of question.items) if (inputOf(item).checked) names.delete(item.criterion);
  return [...names].map((one) => one || "the rubric");
}

function leave() {
  const following = next(here);
  go(following || (isWanted(here) ? here : null));
}

// Somebody was faster: show what stands there now, and keep what was chosen here.
async function explain(error, marked) {
  keepDraft();
  const student = here.student;
  const fresh = await look("question", {});
  const changed = marked.some((one) => fresh.answers.find((f) => f.student === one.student)?.hash !== one.hash);
  const kept = draft(here);
  take(fresh);
  go(question.answers.find((one) => one.student === student) || null);
  if (kept && here) {
    fill(kept);
    keepDraft();
  }
  unsure = student; // who decides between two marks is not asked for a criterion as well
  const theirs = here ? `There stands: ${stateOf(here) || "nothing"}` : "";
  say(changed ? `${error.message} Read it again, then save once more.` :
    `${error.message} ${theirs} Enter puts yours in its place, → leaves theirs.`);
}

async function undo() {
  if (blind()) return say("A second mark is not undone: mark the answer again under “all”.");
  const last = undoable.at(-1);
  if (!last) return say("There is nothing to undo.");
  if (last.unit !== question.unit || last.question !== question.name) {
    await openQuestion(last.unit, last.question);
  }
  update(await ask("undo", { rows: last.rows }));
  undoable.pop();
  beside.delete(last.student);
  const answer = question.answers.find((one) => one.student === last.student);
  go(answer || here);
  if (answer && answer === here && last.filled) {
    fill(last.filled); // to be corrected
    keepDraft();
  }
  say(`Undone: ${counted(last.rows.length, "mark")}.`);
}

async function confirmMarks(answers) {
  update(await ask("confirm", { students: answers.map((one) => one.student) }));
  leave();
}

// -- saved comments -----------------------------------------------------------------------------

function drawPhrases() {
  at("phrases").replaceChildren(...question.phrases.map((phrase) => {
    const line = made("div");
    const use = made("button", phrase.text, { type: "button" });
    use.onclick = () => {
      at("comment").value = [at("comment").value.trim(), phrase.text].filter(Boolean).join("\n\n");
      keepDraft();
      at("answer").focus(); // Enter saves, and does not press the button again
    };
    const drop = made("button", "×", { type: "button", className: "drop", title: "Do not keep it" });
    drop.onclick = () => guarded(async () => {
      question.phrases = (await ask("phrase", { id: phrase.id })).phrases;
      drawPhrases();
    });
    line.append(use, drop);
    return line;
  }));
}

async function keepComment() {
  const text = at("comment").value.trim();
  if (!text) return say("Write a comment first.");
  question.phrases = (await ask("phrase", { text })).phrases;
  drawPhrases();
  at("answer").focus();
}

// -- the rubric ---------------------------------------------------------------------------------

function openRubric() {
  at("followed").textContent = "";
  drawRubric();
  at("rubric").showModal();
}

// By which a row of the dialog is found again; new items have none of their own but the criterion.
const rowKey = ({ id, criterion }) => JSON.stringify([id, criterion]);

// What was typed in other rows and is not saved stays.
function drawRubric(saved = null) {
  const typed = new Map();
  for (const row of at("rubric").querySelectorAll(".edited")) {
    if (row.dataset.key !== saved) typed.set(row.dataset.key, row);
  }
  const rows = question.items.map((item) => rubricRow(item));
  for (const criterion of [...criteria(), null]) {
    rows.push(rubricRow({ id: null, criterion, points: "", sentence: "" }));
  }
  at("rubric").querySelector("tbody").replaceChildren(
    ...rows.map((row) => typed.get(row.dataset.key) || row));
}

function rubricRow(item) {
  const row = made("tr");
  row.onkeydown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    button.click();
  };
  row.oninput = () => row.classList.add("edited");
  row.dataset.key = rowKey(item);
  const worth = made("input", "", { value: item.points, size: 4, inputMode: "decimal" });
  const sentence = made("textarea", "", { value: item.sentence, rows: 2 });
  worth.setAttribute("aria-label", "points");
  sentence.setAttribute("aria-label", "sentence");
  const button = made("button", item.id === null ? "Add" : "Change", { type: "button" });
  button.onclick = () => guarded(() => changeItem({ id: item.id, criterion: item.criterion,
    points: worth.value, sentence: sentence.value }));
  const cells = [made("td", item.criterion === null ? "besides" : item.criterion || "–"), made("td"), made("td"), made("td")];
  cells[1].append(worth);
  cells[2].append(sentence);
  cells[3].append(button);
  if (item.id !== null) {
    const remove = made("button", "Remove", { type: "button" });
    remove.onclick = () => {
      const marked = question.answers.filter((one) => one.given.items.includes(item.id)).length;
      if (marked && remove.textContent === "Remove") {
        remove.textContent = `Remove, and from ${counted(marked, "mark")}`;
        return;
      }
      guarded(() => changeItem({ id: item.id, criterion: item.criterion, removed: true }));
    };
    cells[3].append(" ", remove);
  }
  row.append(...cells);
  return row;
}

// Closing leaves what was typed and not saved only when asked twice.
function closeRubric(event) {
  if (!at("rubric").querySelector(".edited")) return;
  event.preventDefault();
  for (const row of at("rubric").querySelectorAll(".edited")) row.classList.remove("edited");
  at("followed").textContent = "What you typed is not saved: press Change or Add, or Close once more.";
}

async function changeItem(wanted) {
  keepDraft();
  let told;
  try {
    told = await ask("item", wanted);
  } catch (error) {
    at("followed").textContent = error.message;
    return;
  }
  update(told);
  const named = told.followed.slice(0, 8).map((one) => {
    const answer = question.answers.find((a) => a.student === one.student);
    const who = answer ? name(answer) : one.student;
    return one.before === one.after ? who : `${who} ${points(one.before)} → ${points(one.after)}`;
  });
  const more = told.followed.length - named.length;
  at("followed").textContent = told.followed.length
    ? `${counted(told.followed.length, "answer")} followed: ` +
      named.join(", ") + (more > 0 ? ` and ${more} more.` : ".")
    : "Saved. No answer is marked with it, or none has changed.";
  drawRubric(rowKey(wanted));
  draw();
  if (here) {
    const kept = draft(here);
    if (kept) fill(kept);
    prefetch(here);
  }
}

// -- the team -----------------------------------------------------------------------------------

const agreementOf = (found) => `${Math.round(found.same * 100)} % the same points, ` +
  `${found.difference.toFixed(2)} points apart on average` +
  (found.kappa === null ? "." : `, weighted kappa ${found.kappa.toFixed(2)}.`);

function drawAgreement() {
  const { second, suggested } = question.agreement;
  at("agreement").textContent = second
    ? `${second.count} marked twice: ${agreementOf(second)}`
    : "Nothing is marked twice yet.";
  at("trust").hidden = !suggested;
  if (!suggested) return;
  at("trust").textContent = `Suggestions so far, against the marks given: ` +
    `${counted(suggested.count, "answer")}, ${agreementOf(suggested)}`;
}

async function divide() {
  take(await ask("divide", { markers: at("shares").value.split(",") }));
  at("filter").value = question.shares.includes(marker()) ? "mine" : "open";
  go(next(null) || here);
  const parts = question.shares.map((one) =>
    `${one} ${question.answers.filter((answer) => answer.share === one).length}`);
  at("divided").textContent = parts.length ? `Divided: ${parts.join(", ")}.` : "Everyone marks all.";
}

async function drawSample() {
  take(await ask("sample", { size: at("sample").value || 0 }));
  go(here || next(null));
  const drawn = question.answers.filter((one) => one.sample).length;
  at("divided").textContent = `${counted(drawn, "answer")} drawn, to be marked by two persons.`;
}

// -- what others do -----------------------------------------------------------------------------

async function poll() {
  if (!question?.answers || busy || document.hidden) return;
  const asked = question;
  try {
    const told = await look("news", { student: here?.student ?? "", stamp: question.stamp });
    const said = told.others.map((one) => {
      const answer = question.answers.find((a) => a.student === one.student);
      return one.question === question.name && answer ? `${one.name} at ${name(answer)}` : `${one.name} elsewhere`;
    });
    at("others").textContent = said.length ? `Also here: ${said.join(", ")}` : "";
    if (!told.given || busy || question !== asked) return;
    const before = here?.given.state;
    const others = JSON.stringify(told.items) !== JSON.stringify(question.items);
    const chosenHere = chosen();
    update(told);
    if (others && here) { // keys and labels stand in the new order; what was chosen stays
      drawItems();
      check(chosenHere);
    }
    drawList();
    drawAgreement();
    const open = waiting().length;
    at("progress").textContent = `${question.answers.length - open} of ${question.answers.length} done, ${open} waiting`;
    // What stands on the screen is not replaced: saving would say so, and this line does now.
    if (here && here.given.state !== before && !blind()) at("state").textContent = stateOf(here);
  } catch {
    // The next thing that is saved says what is wrong.
  }
}

// -- keys ---------------------------------------------------------------------------------------

// One thing at a time, and a sentence if it fails.
async function guarded(action) {
  if (busy) return;
  busy = true;
  try {
    await action();
  } catch (error) {
    say(error.message);
  } finally {
    busy = false;
  }
}

const KEYS = {
  ArrowRight: () => go(next(here) || here),
  ArrowLeft: () => go(next(here, -1) || here),
  g: toggleGroup,
  p: () => at("own").focus(),
  c: () => at("comment").focus(),
  u: () => guarded(undo),
  k: () => !at("keep").hidden && guarded(() => confirmMarks([here])),
  s: () => takeSuggestion(),
  e: () => openRubric(),
  t: () => at("team").showModal(),
  l: () => guarded(openList),
  "?": () => at("help").showModal(),
};

function takeSuggestion() {
  if (at("suggestion").hidden) return;
  const wanted = JSON.parse(at("suggestion").dataset.items || "[]");
  if (!wanted.length) return;
  at("own").value = "";
  check(wanted);
  keepDraft();
}

document.addEventListener("keydown", (event) => {
  if (!question?.answers || document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return document.activeElement?.blur();
  if (event.key === "Enter" && ["marker", "filter"].includes(document.activeElement?.id)) {
    return document.activeElement.blur();
  }
  const pressed = ["BUTTON", "A", "SUMMARY"].includes(document.activeElement?.tagName);
  if (event.key === "Enter" && !pressed) {
    if (document.activeElement?.tagName === "TEXTAREA" && event.shiftKey) return;
    event.preventDefault();
    document.activeElement?.blur();
    return event.repeat ? undefined : guarded(save);
  }
  if (inText()) return;
  if (busy) return event.preventDefault(); // what is typed now would be for the answer that leaves
  const item = question.items[ITEM_KEYS.indexOf(event.key)];
  if (item && here) {
    event.preventDefault();
    return choose(item, !inputOf(item).checked);
  }
  if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

at("mark").onsubmit = (event) => {
  event.preventDefault();
  guarded(save);
};
at("undo").onclick = () => guarded(undo);
at("keep").onclick = () => guarded(() => confirmMarks([here]));
at("confirm-all").onclick = () => guarded(() =>
  confirmMarks(question.answers.filter((one) => one.given.open && one.given.points !== null)));
at("keep-comment").onclick = () => guarded(keepComment);
at("edit").onclick = openRubric;
at("rubric").querySelector("form").onsubmit = closeRubric;
at("rubric").oncancel = closeRubric;
for (const dialog of document.querySelectorAll("dialog")) dialog.onclose = () => at("answer").focus();
at("help-button").onclick = () => at("help").showModal();
at("team-button").onclick = () => at("team").showModal();
at("divide").onclick = () => guarded(divide);
at("draw").onclick = () => guarded(drawSample);
at("back").onclick = (event) => {
  event.preventDefault();
  guarded(openList);
};
at("filter").onchange = () => {
  at("filter").blur();
  go(next(null) || null);
};
at("names").onchange = () => {
  at("names").blur();
  const kept = here && draft(here);
  draw();
  if (kept) fill(kept);
  if (here) prefetch(here);
};
at("marker").onchange = () => localStorage.setItem("marker", marker());
at("own").oninput = keepDraft;
at("comment").oninput = keepDraft;

setInterval(poll, POLL);
const wanted = new URLSearchParams(location.hash.slice(1));
guarded(async () => {
  const told = await openList();
  const unit = wanted.get("unit") || told.begin;
  const of = told.questions.filter((one) => one.unit === unit);
  const first = of.find((one) => one.name === wanted.get("question")) ||
    of.find((one) => one.open) || of[0];
  if (first) await openQuestion(first.unit, first.name);
});
