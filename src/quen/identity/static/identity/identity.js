// Split and move are offered for what is ticked: until something is, their buttons rest. Without script they always work.
(function () {
  "use strict";
  var form = document.getElementById("identifiers");
  if (!form || !form.querySelector("input[name=i]")) return;
  var buttons = form.querySelectorAll("button[formaction]");

  function count() {
    var ticked = form.querySelectorAll("input[name=i]:checked").length;
    var all = form.querySelectorAll("input[name=i]").length;
    buttons[0].disabled = !ticked || ticked === all;
    buttons[1].disabled = ticked !== 1;
  }
  form.addEventListener("change", count);
  window.addEventListener("pageshow", count);
  count();
})();
