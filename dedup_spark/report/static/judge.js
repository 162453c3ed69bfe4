"use strict";
// People's word on cards: kept in the browser, by the run, until it is exported as one file for `review import`.

const RUN = document.body.dataset.run;
const KEPT = `dedup-spark ${RUN}`;
const [SAME, DIFFERENT, BAD, SKIP] = ["same", "different", "bad picture", "skip"];
const VERDICTS = { s: SAME, d: DIFFERENT, b: BAD, x: SKIP };
const MARKS = 9; // members that a key of one digit marks
const ROWS = { judgements: ["kind", "left", "right", "verdict"], excluded: ["picture"], allowed: ["picture"] };
const CARDS = [...document.querySelectorAll(".card[data-kind]")];

let said = []; // the newest last: a word is {card, verdict, marked, time, judgements, excluded, allowed}
let kept = true; // false: the browser refuses to, so that words last until the page is left

// What the members of a card are called, in their order: the ids of offers, or the contents of pictures.
const NAMES = {
  cluster: (card) => JSON.parse(card.dataset.offers),
  set: (card) => JSON.parse(card.dataset.pictures),
  pair: (card) => [card.dataset.left, card.dataset.right],
  suspect: (card) => [card.dataset.set],
};

const names = (card) => NAMES[card.dataset.kind](card);
const members = (card) => [...card.querySelectorAll(":scope > .offers > .offer")];
const marks = (card) => names(card).filter((_, place) => members(card)[place]?.classList.contains("marked"));
const called = ({ dataset }) => `${dataset.kind} ${dataset.cluster ?? dataset.set ?? dataset.left + dataset.right}`;

function recall() {
  if (!kept) return;
  try {
    said = understood(localStorage.getItem(KEPT));
  } catch {
    kept = false;
  }
}

// What lies in the browser's storage may be anything: what `judge` would not have said is left out.
function understood(text) {
  try {
    const found = JSON.parse(text);
    return Array.isArray(found) ? found.filter(isWord) : [];
  } catch {
    return [];
  }
}

function isWord(one) {
  const texts = (of, names) => names.every((name) => typeof of?.[name] === "string");
  const lists = Object.entries(ROWS).every(
    ([table, columns]) => Array.isArray(one?.[table]) && one[table].every((row) => texts(row, columns)),
  );
  return lists && Array.isArray(one.marked) && texts(one, ["card", "verdict", "time"]);
}

function keep() {
  try {
    if (kept) localStorage.setItem(KEPT, JSON.stringify(said));
  } catch {
    kept = false;
  }
}

function newest() {
  return new Map(said.map((word) => [word.card, word]));
}

// Same: the first with each other one. Different: each that is marked with each that is not; of two, both.
function pairs(card, verdict, marked) {
  const [first, ...others] = new Set(names(card));
  if (verdict === SAME) return others.map((other) => [first, other]);
  if (!marked.length && others.length === 1) return [[first, ...others]];
  const rest = [first, ...others].filter((name) => !marked.includes(name));
  return [...new Set(marked)].flatMap((name) => rest.map((other) => [name, other]));
}

// The pictures meant: those of the marked members, else of all; of a cluster, the sets that connect it.
function pictures(card, marked) {
  const { kind, set } = card.dataset;
  if (set) return [set];
  const meant = marked.length ? marked : names(card);
  if (kind === "pair") return meant;
  const shown = members(card).filter((_, place) => meant.includes(names(card)[place]));
  const sets = shown.flatMap((member) => [...member.querySelectorAll(".connects")].map((one) => one.dataset.set));
  return [...new Set(sets)];
}

function meaning(card, verdict, marked) {
  const listed = () => pictures(card, marked).map((picture) => ({ picture }));
  const meant = { judgements: [], excluded: [], allowed: [] };
  if (verdict === BAD) return { ...meant, excluded: listed() };
  if (verdict === SAME && card.dataset.kind === "suspect") return { ...meant, allowed: listed() };
  if (verdict === SKIP) return meant;
  const kind = card.dataset.kind === "cluster" ? "offer" : "picture";
  const judgements = pairs(card, verdict, marked).map(([left, right]) => ({ kind, left, right, verdict }));
  return { ...meant, judgements };
}

// Whether the card takes the verdict; if not, the page says what it lacks.
function judge(card, verdict) {
  const marked = marks(card);
  const meant = meaning(card, verdict, marked);
  if (verdict !== SKIP && !Object.values(meant).some((rows) => rows.length)) {
    tell(verdict === BAD ? "No picture connects these offers." : "Mark those that do not belong, but not all, first.");
    return false;
  }
  recall();
  const word = { card: called(card), verdict, marked: verdict === SAME ? [] : marked, time: new Date().toISOString() };
  said.push({ ...word, ...meant });
  keep();
  paint();
  tell(`${card.querySelector("h2, h3").textContent}: ${verdict}.`);
  return true;
}

function undo() {
  recall();
  const word = said.pop();
  keep();
  paint();
  tell(word ? `Taken back: ${word.verdict}.` : "There is nothing to take back.");
  CARDS.find((card) => called(card) === word?.card)?.focus();
}

// As `dedup-spark review import` reads it.
function review() {
  const words = [...newest().values()];
  const source = `report of run ${RUN}`;
  const rows = (table) => words.flatMap((word) => word[table].map((row) => ({ ...row, source, time: word.time })));
  return { judgements: rows("judgements"), excluded: rows("excluded"), allowed: rows("allowed") };
}

function save() {
  recall();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(review(), null, 1)], { type: "application/json" }));
  link.download = `review-${RUN}.json`;
  link.click();
  tell(`${link.download} is written.`);
}

function mark(card, place) {
  const member = members(card)[place];
  const button = member?.querySelector(".mark");
  if (button) button.setAttribute("aria-pressed", member.classList.toggle("marked"));
}

function tell(text) {
  const warning = kept ? "" : " This browser keeps nothing: export before you leave the page.";
  document.getElementById("told").textContent = text + warning;
}

function paint() {
  const words = newest();
  const skipped = [...words.values()].filter((word) => word.verdict === SKIP).length;
  document.getElementById("judged").textContent = `${words.size - skipped} judged, ${skipped} skipped`;
  document.getElementById("undo").disabled = !said.length;
  document.getElementById("export").disabled = words.size === skipped;
  for (const card of CARDS) show(card, words.get(called(card)));
}

function show(card, word) {
  card.classList.toggle("judged", Boolean(word));
  for (const button of card.querySelectorAll(".verdicts button")) {
    button.setAttribute("aria-pressed", button.dataset.verdict === word?.verdict);
  }
  if (!word) return;
  const marked = marks(card);
  names(card).forEach((name, place) => {
    if (word.marked.includes(name) !== marked.includes(name)) mark(card, place);
  });
}

function equip(card) {
  const buttons = document.getElementById("verdicts").content.cloneNode(true);
  const several = new Set(names(card)).size > 1;
  const alone = card.dataset.kind === "suspect" ? [SAME, BAD, SKIP] : [BAD, SKIP];
  for (const button of buttons.querySelectorAll("button")) {
    const { verdict } = button.dataset;
    if (!several && !alone.includes(verdict)) button.remove();
    button.addEventListener("click", () => judge(card, verdict));
  }
  card.append(buttons);
  if (several) members(card).forEach((member, place) => number(card, member, place));
}

function number(card, member, place) {
  const button = document.getElementById("mark").content.cloneNode(true).querySelector("button");
  button.textContent = place + 1;
  button.setAttribute("aria-label", `mark ${place + 1}, ${names(card)[place]}`);
  const shown = member.querySelector(".pictures");
  shown.after(button); // beside the picture: it may not hide what people judge by
  for (const clicked of [button, shown]) clicked.addEventListener("click", () => mark(card, place));
}

const chosen = () => document.activeElement.closest(".card[data-kind]");

function pressed(verdict) {
  const card = chosen();
  if (!card) tell("Choose a card first: j and k go to the next and to the one before.");
  else if (card.querySelector(`[data-verdict="${verdict}"]`) && judge(card, verdict)) step(1);
}

for (const [key, verdict] of Object.entries(VERDICTS)) KEYS[key] = () => pressed(verdict);
for (let place = 0; place < MARKS; place++) KEYS[place + 1] = () => chosen() && mark(chosen(), place);
Object.assign(KEYS, { u: undo, e: () => document.getElementById("export").click() });

for (const card of CARDS) equip(card);
document.getElementById("undo").addEventListener("click", undo);
document.getElementById("export").addEventListener("click", save);
window.addEventListener("storage", () => (recall(), paint()));
document.querySelector(".judging").hidden = false;
recall();
paint();
if (!kept) tell("");
