// Live events: asks for what is new every second while the page is looked at and not paused; keeps the list short.
(function () {
  "use strict";
  var KEEP = 300;
  var list = document.getElementById("live-list");
  var card = document.getElementById("live");
  var button = document.getElementById("live-pause");
  var paused = false;

  setInterval(function () {
    if (!paused && !document.hidden) htmx.trigger(document.body, "poll-live");
  }, 1000);

  button.addEventListener("click", function () {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.querySelector("span").textContent = paused ? button.dataset.go : button.dataset.pause;
    button.querySelector("i").className = "ti icon ti-player-" + (paused ? "play" : "pause");
    document.body.classList.toggle("q-live-paused", paused);
  });

  document.body.addEventListener("htmx:afterSwap", function () {
    var empty = card.querySelector(".q-live-empty");
    if (empty && list.querySelector(".q-live-row")) empty.remove();
    var rows = list.querySelectorAll(".q-live-row");
    // A row that somebody has opened stays.
    for (var i = rows.length - 1; i >= KEEP; i--) if (!rows[i].querySelector("details[open]")) rows[i].remove();
  });
})();
