// The editor's own: the drawer and the dialog open with what was fetched, rows of a form grow, Ctrl+Z undoes.
// The tree itself comes from the server. Needs saving.js before it.
(function () {
  "use strict";
  var drawer = document.getElementById("j-drawer");
  var modal = document.getElementById("j-modal");
  if (!drawer) return;
  var afterSaving = window.quenJourney.afterSaving;
  var redrawn = false; // the form comes anew because the tree went back: nobody asked to be led to it
  var opener = null; // id of what opened the drawer: the tree is drawn anew meanwhile, the id stays

  document.addEventListener("htmx:beforeRequest", function (event) {
    var from = event.detail.elt;
    if (event.detail.target && event.detail.target.id === "j-drawer-body" && !drawer.contains(from)) opener = from.id;
  });

  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.target.id === "j-drawer-body") {
      window.tabler.Offcanvas.getOrCreateInstance(drawer).show();
      mark();
      if (!redrawn) focusFirst();
      redrawn = false;
    } else if (event.detail.target.id === "j-modal-body") {
      window.tabler.Modal.getOrCreateInstance(modal).show();
    }
  });
  document.addEventListener("htmx:oobAfterSwap", mark);
  drawer.addEventListener("shown.bs.offcanvas", function () {
    mark();
    // Whoever is quick types already.
    if (!drawer.contains(document.activeElement)) focusFirst();
  });
  drawer.addEventListener("hidden.bs.offcanvas", function () {
    var content = document.getElementById("j-drawer-body"), form = drawer.querySelector("[data-node]");
    var back = (form && document.getElementById("step-" + form.dataset.node)) || document.getElementById(opener);
    if (back) back.focus();
    afterSaving(function () {
      // Another form may have been opened meanwhile.
      if (drawer.classList.contains("show") || drawer.classList.contains("showing")) return;
      content.replaceChildren();
      mark();
    });
  });

  // Undo pressed again before the answer: HTMX would ask again for the button that the answer replaces, which is never.
  var undoing = false, again = 0;
  document.addEventListener("htmx:confirm", function (event) {
    if (event.detail.elt.id !== "j-undo" || event.defaultPrevented || !undoing) return;
    event.preventDefault();
    again += 1;
  });
  document.addEventListener("htmx:beforeSend", function (event) { if (event.detail.elt.id === "j-undo") undoing = true; });

  // The form beside a tree that went back must not bring back what was undone.
  document.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.requestConfig.elt.id !== "j-undo") return;
    var form = drawer.querySelector("[data-node]"), undo = document.getElementById("j-undo");
    undoing = false;
    if (again && event.detail.successful && !undo.disabled) {
      again -= 1;
      undo.click();
      return;
    }
    again = 0;
    if (!event.detail.successful || !form || !drawer.matches(".show:not(.hiding)")) return;
    var card = document.getElementById("step-" + form.dataset.node);
    redrawn = Boolean(card);
    if (card) card.click();
    else window.tabler.Offcanvas.getOrCreateInstance(drawer).hide();
  });

  function focusFirst() {
    var first = drawer.querySelector("fieldset input:not([type=hidden]), fieldset select, fieldset textarea, .j-kinds button, .list-group a");
    (first || drawer).focus({ preventScroll: true });
  }

  // The step whose form is open stands out in the tree.
  function mark() {
    var form = drawer.querySelector("[data-node]");
    document.querySelectorAll(".j-on").forEach(function (card) { card.classList.remove("j-on"); });
    var card = document.getElementById(form ? "step-" + form.dataset.node : opener);
    if (!card || !card.closest(".j-scroll")) return;
    if (form) card.classList.add("j-on");
    var part = card.closest(".j-scroll"), over = card.getBoundingClientRect(), space = drawer.getBoundingClientRect();
    if (drawer.classList.contains("show") && space.left > 0 && over.right > space.left) part.scrollLeft += over.right - space.left + 24;
  }

  document.addEventListener("click", function (event) {
    var more = event.target.closest("[data-j-more]");
    var remove = event.target.closest("[data-j-remove]");
    if (more) {
      var rows = more.parentElement.querySelectorAll("[data-j-row]");
      var fresh = rows[rows.length - 1].cloneNode(true);
      fresh.querySelectorAll("input").forEach(function (input) { input.value = ""; });
      fresh.querySelectorAll(".form-check").forEach(function (check) { check.remove(); });
      rows[rows.length - 1].after(fresh);
      fresh.querySelector("input").focus();
    } else if (remove) {
      var row = remove.closest("[data-j-row]");
      var form = row.closest("form");
      if (row.parentElement.querySelectorAll("[data-j-row]").length > 1) row.remove();
      else row.querySelectorAll("input").forEach(function (input) { input.value = ""; });
      form.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  // A choice shows its own fields. It runs before HTMX saves the form.
  document.addEventListener("change", function (event) {
    var at = event.target;
    var value = at.dataset.jShow || ("jShowSelect" in at.dataset ? at.value : null);
    if (value === null) return;
    var area = at.closest(at.dataset.jShow ? "fieldset" : "div");
    area.querySelectorAll(at.dataset.jShow ? "[data-j-when=event], [data-j-when=segment]" : "[data-j-when]").forEach(function (part) {
      part.hidden = part.dataset.jWhen !== value;
    });
  }, true);

  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== "z") return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    var undo = document.getElementById("j-undo");
    if (undo && !undo.disabled) { event.preventDefault(); undo.click(); }
  });
})();
