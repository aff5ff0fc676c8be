// Keys of the claims inbox: j and k walk through the claims, a accepts and r refuses the one in focus.
(function () {
  "use strict";
  var list = document.querySelector("[data-claims]");
  if (!list) return;

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    var claims = Array.from(list.querySelectorAll(".q-claim"));
    var here = claims.indexOf(event.target.closest(".q-claim"));
    if (event.key === "j" || event.key === "k") {
      var next = claims[Math.min(claims.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))];
      if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
      event.preventDefault();
    } else if (here >= 0) {
      var button = claims[here].querySelector('[data-key="' + CSS.escape(event.key) + '"]');
      if (button) { event.preventDefault(); button.click(); }
    }
  });
  var first = list.querySelector(".q-claim");
  if (first && !location.hash) first.focus({ preventScroll: true });
})();
