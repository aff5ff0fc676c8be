"use strict";
// New letters appear by themselves; an open letter stays open.
(function () {
  const box = document.querySelector("[data-newest]");
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch("/mailbox/newest").catch(() => null);
    if (!answer || !answer.ok) return;
    const { newest } = await answer.json();
    if (String(newest) !== box.dataset.newest) location.reload();
  }, 2500);
})();
