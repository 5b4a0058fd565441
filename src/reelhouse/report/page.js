"use strict";

// Draws each chart of the page, and ties its controls to it.

// What there is between the margins of a sheet of A4, in CSS pixels, and between two columns.
const PAPER = 680;
const GAP = 24;

const drawn = [];
const charts = JSON.parse(document.getElementById("charts").textContent);

function controlsOf(name) {
  return document.querySelectorAll(`[data-chart~="${name}"]`);
}

function chosen(control) {
  return control.type === "radio"
    ? document.querySelector(`input[name="${control.name}"]:checked`).value
    : control.value;
}

function showRows(control) {
  for (const rows of document.querySelectorAll(`[data-rows="${control.dataset.signal}"]`)) {
    const all = control.dataset.all === chosen(control);
    rows.hidden = !all && rows.dataset.value !== chosen(control);
  }
}

async function draw(name) {
  const place = document.getElementById(`chart-${name}`);
  try {
    const options = { actions: false, renderer: "svg", ast: true, tooltip: { theme: "page" } };
    // in an element of its own, so that the role and the label of the place stay
    const inner = place.appendChild(document.createElement("div"));
    const { view } = await vegaEmbed(inner, charts[name], options);
    for (const control of controlsOf(name)) {
      view.signal(control.dataset.signal, chosen(control));
      control.addEventListener("change", () => {
        view.signal(control.dataset.signal, chosen(control)).runAsync();
      });
    }
    await view.runAsync();
    drawn.push({ view, place });
  } catch (error) {
    console.error(error);
    place.textContent = "This chart could not be drawn. Its figures are in the table below.";
    place.removeAttribute("role");
    place.closest("figure").querySelector("details").open = true;
  }
}

for (const control of document.querySelectorAll("[data-signal]")) {
  control.addEventListener("change", () => showRows(control));
  showRows(control);
}

function resize(widthOf) {
  for (const { view, place } of drawn) view.width(widthOf(place)).run();
}

addEventListener("beforeprint", () => {
  resize((place) => (place.closest(".pair") ? (PAPER - GAP) / 2 : PAPER));
});
addEventListener("afterprint", () => resize((place) => place.clientWidth));

const places = document.querySelectorAll(".chart");
Promise.all(Array.from(places, (place) => draw(place.id.slice("chart-".length)))).then(() => {
  document.documentElement.dataset.drawn = "yes";
});
