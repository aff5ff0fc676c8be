// Runs before the first paint: the theme is the person's choice, or what the system prefers.
(function () {
  "use strict";
  var root = document.documentElement;
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    var chosen = root.dataset.themeChoice || "auto";
    root.setAttribute("data-bs-theme", chosen === "auto" ? (system.matches ? "dark" : "light") : chosen);
  }
  apply();
  system.addEventListener("change", apply);
  window.quenTheme = {
    apply: apply,
    toggle: function () {
      var next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      root.dataset.themeChoice = next;
      var secure = location.protocol === "https:" ? "; secure" : "";
      document.cookie = "theme=" + next + "; path=/; max-age=31536000; samesite=lax" + secure;
      apply();
      document.dispatchEvent(new CustomEvent("quen:theme", { detail: next }));
      return next;
    },
  };
})();
