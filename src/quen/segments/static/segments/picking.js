// Picking people for a static list: a bar that comes when a checkbox of a person (form="pick") is ticked.
(function () {
  "use strict";

  function bar() { return document.getElementById("pick"); }
  function boxes(all) { return document.querySelectorAll('input[name="person"][form="pick"]' + (all ? "" : ":checked")); }

  function show() {
    var form = bar(), chosen = boxes(false).length, every = document.querySelector("[data-pick-all]");
    if (every) {
      every.checked = chosen > 0 && chosen === boxes(true).length;
      every.indeterminate = chosen > 0 && !every.checked;
    }
    if (!form) return;
    form.hidden = !chosen;
    form.querySelector("[data-pick-count]").textContent = chosen === 1 ? form.dataset.one : form.dataset.many.replace("{n}", chosen);
    var list = form.elements.list, fresh = !list.value;
    form.elements.name.hidden = !fresh;
    form.elements.name.required = fresh && chosen > 0;
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-pick-all]")) {
      boxes(true).forEach(function (box) { box.checked = event.target.checked; });
    }
    if (event.target.matches('[data-pick-all], [name="person"][form="pick"], #pick [name="list"]')) show();
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-pick-none]")) return;
    boxes(false).forEach(function (box) { box.checked = false; });
    show();
  });
  document.addEventListener("htmx:load", show); // more rows, other rows, the bar itself
})();
