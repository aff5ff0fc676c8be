// On a phone the tabs are wider than the screen: bring the open one into view.
(function () {
  "use strict";
  var open = document.querySelector(".q-customer-head .nav-link.active");
  if (open) open.scrollIntoView({ inline: "center", block: "nearest" });
})();
