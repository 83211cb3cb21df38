"use strict";
// Shows the questions that fit the three controls; without this script all of them are shown.
const [search, went, category, count] = ["search", "went", "category", "count"].map(id => document.getElementById(id));
const questions = [...document.querySelectorAll(".questions > li")].map(row => ({
  row,
  went: row.dataset.went.split(/\s+/),
  text: row.querySelector("summary").textContent.toLowerCase(),
}));

function filter() {
  const words = search.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const { row, went: held, text } of questions) {
    const fits = (!went.value || held.includes(went.value))
      && (!category.value || row.dataset.category === category.value)
      && words.every(word => text.includes(word));
    row.hidden = !fits;
    shown += fits;
  }
  count.textContent = `${shown} of ${questions.length}`;
}

for (const control of [search, went, category]) control.addEventListener("input", filter);
document.getElementById("filter").hidden = false;
filter();
