// What every page of the console does by itself, driven by data attributes. Nothing here needs inline script.
(function () {
  "use strict";

  function csrf() {
    var headers = document.body.getAttribute("hx-headers");
    return headers ? JSON.parse(headers)["X-CSRFToken"] : "";
  }

  // "/" goes to the search box, Escape leaves it.
  document.addEventListener("keydown", function (event) {
    var search = document.getElementById("q-search");
    if (!search) return;
    var at = event.target;
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && at === search) {
      search.blur();
    }
  });

  document.addEventListener("click", function (event) {
    var toggle = event.target.closest("[data-theme-toggle]");
    if (toggle) {
      var theme = window.quenTheme.toggle();
      // Kept with the person as well, so that it follows them to other machines.
      var url = document.body.dataset.themeUrl;
      if (url) {
        fetch(url, { method: "POST", headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ theme: theme }) });
      }
    }
    var copy = event.target.closest("[data-copy]");
    if (copy) copyFrom(copy);
    var dismiss = event.target.closest("[data-dismiss-toast]");
    if (dismiss) dismiss.closest("[data-toast]").remove();
  });

  function copyFrom(button) {
    var from = button.dataset.copy ? document.querySelector(button.dataset.copy) : null;
    if (!from) {
      var box = button.closest(".q-code");
      from = box ? box.querySelector("code") : null;
    }
    if (!from) return;
    var text = "value" in from ? from.value : from.textContent;
    var label = button.querySelector("span") || button;
    function said() {
      if (!button.dataset.label) button.dataset.label = label.textContent;
      label.textContent = button.dataset.copied || "✓";
      setTimeout(function () { label.textContent = button.dataset.label; }, 1600);
    }
    if (navigator.clipboard) {
      navigator.clipboard.writeText(text).then(said);
    } else {
      // Plain http on a machine of the own network has no clipboard API: select it, the person presses Ctrl+C.
      var range = document.createRange();
      range.selectNodeContents(from);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
  }

  // A form with data-confirm asks once before it is sent, in a dialog of our own. HTMX asks through the same one.
  function ask(question, text, yes, then) {
    var dialog = document.getElementById("q-confirm");
    document.getElementById("q-confirm-title").textContent = question;
    document.getElementById("q-confirm-text").textContent = text || "";
    var button = document.getElementById("q-confirm-yes");
    if (!button.dataset.label) button.dataset.label = button.textContent;
    button.textContent = yes || button.dataset.label;
    dialog.returnValue = "no";
    dialog.onclose = function () { if (dialog.returnValue === "yes") then(); };
    dialog.showModal();
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.confirm && !form.dataset.confirmed) {
      event.preventDefault();
      event.stopImmediatePropagation();
      var submitter = event.submitter;
      ask(form.dataset.confirm, form.dataset.confirmText, form.dataset.confirmYes, function () {
        form.dataset.confirmed = "1";
        form.requestSubmit(submitter);
        delete form.dataset.confirmed;
      });
      return;
    }
    if (form.method !== "dialog" && !form.hasAttribute("hx-post") && !event.defaultPrevented) {
      // A second click must not send it twice.
      if (form.dataset.sent && form.method === "post") { event.preventDefault(); return; }
      form.dataset.sent = "1";
      if (event.submitter) event.submitter.classList.add("btn-loading");
    }
  }, true);

  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
    document.querySelectorAll(".btn-loading").forEach(function (button) { button.classList.remove("btn-loading"); });
  });

  document.addEventListener("htmx:confirm", function (event) {
    if (!event.detail.question) return;
    event.preventDefault();
    var element = event.detail.elt;
    ask(event.detail.question, element.dataset.confirmText, element.dataset.confirmYes, function () {
      event.detail.issueRequest(true);
    });
  });

  // What renews itself waits while somebody presses: a click on what was replaced meanwhile would be lost.
  var pressedAt = 0, LONGEST_PRESS_MS = 10000;
  addEventListener("pointerdown", function () { pressedAt = Date.now(); }, true);
  function released() {
    var press = pressedAt; // the click of a touch comes a little later; by then there may be another press
    setTimeout(function () { if (pressedAt === press) pressedAt = 0; }, 100);
  }
  addEventListener("pointerup", released, true);
  addEventListener("pointercancel", released, true);
  document.addEventListener("htmx:beforeSwap", function (event) {
    var trigger = event.detail.requestConfig.elt.getAttribute("hx-trigger") || "";
    // It asks again. A press whose end is never seen holds nothing up for long.
    if (/\bevery\b/.test(trigger) && Date.now() - pressedAt < LONGEST_PRESS_MS) event.detail.shouldSwap = false;
  });

  function toast(text, level) {
    var holder = document.getElementById("toasts");
    if (!holder || !text) return;
    var box = document.createElement("div");
    box.className = "toast show align-items-center";
    box.setAttribute("role", "status");
    box.setAttribute("data-toast", "");
    var body = document.createElement("div");
    body.className = "toast-body" + (level === "error" ? " text-danger" : "");
    body.textContent = text;
    box.appendChild(body);
    holder.appendChild(box);
    fade(box);
  }

  function fade(box) {
    setTimeout(function () { box.remove(); }, 7000);
  }

  // A view can answer `HX-Trigger: {"toast": {"text": "…", "level": "success"}}`.
  document.addEventListener("toast", function (event) { toast(event.detail.text, event.detail.level); });
  ["htmx:responseError", "htmx:sendError"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var response = event.detail.xhr;
      var text = document.body.dataset.offline;
      if (response && response.status && response.responseText) {
        var found = new DOMParser().parseFromString(response.responseText, "text/html").querySelector(".alert, .empty-title");
        if (found) text = found.textContent.trim();
      }
      toast(text, "error");
    });
  });

  document.querySelectorAll("[data-toast]").forEach(fade);
  // A part of the page with its classes and its text.
  function element(name, css, text) {
    var made = document.createElement(name);
    if (css) made.className = css;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  window.quen = { ask: ask, toast: toast, csrf: csrf, element: element };
})();
