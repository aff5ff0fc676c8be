// Keys of the queue: m they are one person, n they are not, s later.
(function () {
  "use strict";
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    var button = document.querySelector('[data-decide] [data-key="' + CSS.escape(event.key.toLowerCase()) + '"]');
    if (!button || button.disabled || event.repeat) return;
    event.preventDefault();
    button.click();
  });
})();
