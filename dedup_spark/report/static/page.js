"use strict";
// Keys that go from card to card, and how many bits two pictures of a card are apart.

const ONES = Array.from({ length: 16 }, (_, digit) => digit.toString(2).replaceAll("0", "").length);

function distance(left, right) {
  let bits = 0;
  for (let place = 0; place < left.length; place++) {
    bits += ONES[parseInt(left[place], 16) ^ parseInt(right[place], 16)];
  }
  return bits;
}

function compare(picture) {
  const card = picture.closest(".card");
  card.classList.add("comparing");
  for (const other of card.querySelectorAll(".picture[data-hash]")) {
    const bits = distance(picture.dataset.hash, other.dataset.hash);
    other.querySelector(".bits").textContent = other === picture ? "" : `${bits} bits`;
  }
}

function forget(picture) {
  picture.closest(".card").classList.remove("comparing");
}

function step(by) {
  const cards = [...document.querySelectorAll(".card")];
  const here = cards.indexOf(document.activeElement.closest(".card"));
  const next = cards[here < 0 ? (by > 0 ? 0 : cards.length - 1) : here + by];
  if (!next) return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "start" });
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => {
    const query = document.getElementById("query");
    if (query) query.focus();
    else location.href = "search.html";
  },
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

for (const picture of document.querySelectorAll(".picture[data-hash]")) {
  for (const begin of ["pointerenter", "focus"]) picture.addEventListener(begin, () => compare(picture));
  for (const end of ["pointerleave", "blur"]) picture.addEventListener(end, () => forget(picture));
}

document.querySelector(".top [aria-current]").scrollIntoView({ inline: "center", block: "nearest" });
