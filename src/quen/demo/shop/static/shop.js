"use strict";
// The shop of the demo: a basket in this browser, and every step told to Quen through the SDK (window.analytics).
(function () {
  const kept = "tiem-may-basket";
  const money = (amount) => amount.toLocaleString("de-DE") + "đ";
  const byId = (id) => document.getElementById(id);

  function load() {
    try { return JSON.parse(localStorage.getItem(kept)) || fresh(); } catch { return fresh(); }
  }
  function fresh() {
    return { id: "cart-" + Math.random().toString(36).slice(2, 10), lines: [] };
  }
  function save(basket) {
    localStorage.setItem(kept, JSON.stringify(basket));
    showCount();
  }
  const total = (basket) => basket.lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
  const spoken = (basket) => ({ cart_id: basket.id, value: total(basket), currency: "VND", products: basket.lines });

  function showCount() {
    const count = load().lines.reduce((sum, line) => sum + line.quantity, 0);
    byId("cart-count").hidden = count === 0;
    byId("cart-count").textContent = count;
  }

  function productPage(section) {
    const product = JSON.parse(section.dataset.product);
    analytics.track("Product Viewed", product);
    byId("add").addEventListener("click", () => {
      const basket = load();
      const line = basket.lines.find((one) => one.product_id === product.product_id);
      if (line) line.quantity += 1;
      else basket.lines.push({ ...product, quantity: 1 });
      save(basket);
      analytics.track("Product Added", { ...product, quantity: line ? line.quantity : 1, cart_id: basket.id });
      analytics.identify({ cart_item: product.name });
      byId("added").hidden = false;
    });
  }

  function showBasket(place) {
    const basket = load();
    byId("no-basket").hidden = basket.lines.length > 0;
    if (byId("to-checkout")) byId("to-checkout").hidden = basket.lines.length === 0;
    if (byId("checkout")) byId("checkout").hidden = basket.lines.length === 0;
    place.replaceChildren();
    if (!basket.lines.length) return;
    const table = place.appendChild(document.createElement("table"));
    for (const line of basket.lines) {
      const row = table.insertRow();
      const picture = row.insertCell().appendChild(new Image(56, 56));
      picture.src = "/drawing/" + line.product_id + ".svg";
      picture.alt = "";
      row.insertCell().textContent = line.name + (line.quantity > 1 ? " × " + line.quantity : "");
      const remove = row.insertCell().appendChild(document.createElement("button"));
      remove.type = "button";
      remove.className = "quiet";
      remove.textContent = place.dataset.remove;
      remove.addEventListener("click", () => {
        save({ ...basket, lines: basket.lines.filter((one) => one !== line) });
        analytics.track("Product Removed", { ...line, cart_id: basket.id });
        showBasket(place);
      });
      const sum = row.insertCell();
      sum.className = "sum";
      sum.textContent = money(line.price * line.quantity);
    }
    const last = table.insertRow();
    const label = last.insertCell();
    label.colSpan = 3;
    label.textContent = place.dataset.total;
    const sum = last.insertCell();
    sum.className = "sum";
    sum.textContent = money(total(basket));
  }

  function traitsOf(form) {
    const traits = {};
    for (const [name, value] of new FormData(form)) if (value.trim()) traits[name] = value.trim();
    return traits;
  }

  function checkoutPage(form) {
    const basket = load();
    if (basket.lines.length) analytics.track("Checkout Started", spoken(basket));
    // As soon as the address is complete we know who it is: that is what makes a reminder possible. What she adds
    // afterwards (her name, her phone) is part of it.
    form.addEventListener("change", () => {
      const email = form.elements.email;
      if (email.value && email.validity.valid) analytics.identify(traitsOf(form));
    });
    form.addEventListener("submit", async (submit) => {
      submit.preventDefault();
      const ordered = load();
      if (!ordered.lines.length) return;
      analytics.identify(traitsOf(form));
      await analytics.track("Order Completed", {
        ...spoken(ordered), order_id: "WEB-" + Date.now().toString(36).toUpperCase(), total: total(ordered), revenue: total(ordered),
      });
      save(fresh());
      location.href = "/thanks";
    });
  }

  function signupPage(form) {
    form.addEventListener("submit", async (submit) => {
      submit.preventDefault();
      const traits = traitsOf(form);
      const answer = await fetch("/accounts", { method: "POST", body: new URLSearchParams({ email: traits.email }) });
      const { user_id: userId } = await answer.json();
      if (!userId) return form.elements.email.focus();
      analytics.identify(userId, traits);
      analytics.track("Signed Up", { method: "email" });
      byId("signed-up").hidden = false;
      form.hidden = true;
    });
  }

  function filters() {
    for (const chip of document.querySelectorAll("[data-show]")) {
      chip.addEventListener("click", () => {
        const wanted = chip.dataset.show;
        document.querySelectorAll("[data-show]").forEach((one) => one.setAttribute("aria-pressed", String(one === chip)));
        document.querySelectorAll(".card").forEach((card) => { card.hidden = Boolean(wanted) && card.dataset.category !== wanted; });
        if (wanted) analytics.track("Product List Viewed", { category: chip.textContent });
      });
    }
  }

  // The panel: what the SDK knows, and what it has just sent.
  function panel() {
    const place = byId("panel");
    const show = () => {
      const user = analytics.user();
      const traits = user.traits() || {};
      const facts = { userId: user.id(), anonymousId: user.anonymousId(), ...traits };
      const name = traits.name || traits.email || place.dataset.unknown;
      byId("who").textContent = name;
      byId("known").replaceChildren(...Object.entries(facts).filter(([, value]) => value).flatMap(([key, value]) => {
        const term = document.createElement("dt");
        const told = document.createElement("dd");
        term.textContent = key;
        told.textContent = String(value);
        return [term, told];
      }));
      const look = traits.email || user.id() || user.anonymousId();
      byId("see-me").href = place.dataset.console + "/customers?q=" + encodeURIComponent(look);
    };
    const note = (text) => {
      const line = document.createElement("li");
      line.textContent = new Date().toLocaleTimeString() + "  " + text;
      byId("sent").prepend(line);
      while (byId("sent").children.length > 8) byId("sent").lastChild.remove();
      show();
    };
    analytics.ready(show);
    analytics.on("track", (event) => note(event));
    analytics.on("page", (_category, name) => note("page " + (name || "")));
    analytics.on("identify", (id) => note("identify" + (typeof id === "string" && id ? " " + id : "")));
    byId("sign-out").addEventListener("click", () => {
      analytics.reset();
      localStorage.removeItem(kept);
      location.href = "/";
    });
  }

  showCount();
  panel();
  filters();
  const product = document.querySelector("[data-product]");
  if (product) productPage(product);
  if (byId("basket")) showBasket(byId("basket"));
  if (byId("checkout")) checkoutPage(byId("checkout"));
  if (byId("signup")) signupPage(byId("signup"));
})();
