"use strict";
// Search over the offers that the report holds: every word must be in the id, the title or the merchant.

const MOST = 100;
const KINDS = { cluster: "cluster", set: "duplicate set", pair: "look-alikes", suspect: "suspect", reject: "reject" };

function offersWith(words) {
  return window.OFFERS.filter((offer) => {
    const text = offer.slice(0, 3).join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text; // never markup: titles are untrusted
  if (kind) made.className = kind;
  return made;
}

function result([id, title, merchant, kind, link]) {
  const row = document.createElement("li");
  const anchor = document.createElement("a");
  anchor.href = link;
  anchor.append(element("span", id, "id"), element("span", title || "no title", "title"));
  row.append(anchor, element("span", [merchant, KINDS[kind]].filter(Boolean).join(" · "), "where"));
  return row;
}

function search(query, results, said) {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length ? offersWith(words) : [];
  results.replaceChildren(...found.slice(0, MOST).map(result));
  const more = found.length > MOST ? `, the first ${MOST} are shown` : "";
  said.textContent = words.length ? `${found.length.toLocaleString("en")} places${more}` : "";
}

const query = document.getElementById("query");
const results = document.getElementById("results");
const said = document.getElementById("found");
query.addEventListener("input", () => search(query, results, said));
query.value = decodeURIComponent(location.hash.slice(1));
search(query, results, said);
