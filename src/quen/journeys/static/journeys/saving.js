// What is typed into a form of the drawer reaches the server, however the form is left. HTMX sends it on each `change`,
// one request at a time; whatever else is asked of the server waits until the last of them has been answered.
(function () {
  "use strict";
  var drawer = document.getElementById("j-drawer");
  if (!drawer) return;
  var changed = false; // since the last request was made; also when that request failed
  var sending = false;
  var waiting = [];

  function form() { return drawer.querySelector(".j-form"); }
  function isForm(element) { return element.matches(".j-form"); }

  ["input", "change"].forEach(function (name) {
    drawer.addEventListener(name, function (event) { if (event.target.closest(".j-form")) changed = true; }, true);
  });
  document.addEventListener("htmx:beforeSend", function (event) {
    if (!isForm(event.detail.elt)) return;
    changed = false;
    sending = true;
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    if (!isForm(event.detail.requestConfig.elt)) return;
    var failed = !event.detail.successful;
    sending = false;
    if (failed) changed = true;
    // HTMX makes the next request of its queue after this event.
    setTimeout(function () { settle(failed); }, 0);
  });

  function settle(failed) {
    if (sending) return;
    if (changed && !failed && waiting.length) { send(); return; }
    waiting.splice(0).forEach(function (then) { then(); });
  }

  function send() { form().dispatchEvent(new Event("change", { bubbles: true })); }

  // Calls `then` once all is saved, at once when nothing waits; also when saving failed, which a toast tells.
  function afterSaving(then) {
    if (!form()) changed = sending = false;
    if (!changed && !sending) { then(); return; }
    waiting.push(then);
    if (changed) send();
  }

  // Another form, a step moved or deleted, undo, the dialog to publish: after what was typed before.
  document.addEventListener("htmx:confirm", function (event) {
    var from = event.detail.elt;
    if (isForm(from) || event.detail.question || (!changed && !sending)) return;
    event.preventDefault();
    afterSaving(function () {
      if (from.isConnected && from.id !== "j-undo") event.detail.issueRequest(true);
      else redrawn(from).click();
    });
  });

  // The answer to a change draws the tree anew: what was pressed there has a successor that asks for the same.
  function redrawn(button) {
    var name = button.hasAttribute("hx-get") ? "hx-get" : "hx-post";
    var same = document.querySelector("#j-canvas [" + name + '="' + CSS.escape(button.getAttribute(name)) + '"]');
    return same || document.getElementById("step-entry");
  }

  // A request of the page ends with it; one that is kept alive does not.
  window.addEventListener("pagehide", function () {
    if (!form() || (!changed && !sending)) return;
    fetch(form().getAttribute("hx-post"), {
      method: "POST", headers: { "X-CSRFToken": window.quen.csrf() }, body: new URLSearchParams(new FormData(form())), keepalive: true,
    });
  });

  window.quenJourney = { afterSaving: afterSaving };
})();
