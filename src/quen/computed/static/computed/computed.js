// The form of a computed trait: what stands beside what, filters as rows in place of their JSON, a preview.
// Needs rule-model.js before it.
(function () {
  "use strict";
  var form = document.getElementById("c-form");
  if (!form) return;
  var getJson = window.quenRule.getJson, element = window.quen.element, words = null;

  // ---- a short name made of the label, while nobody writes another

  var slug = form.querySelector("[data-slug-of]");
  if (slug) {
    var label = document.getElementById(slug.dataset.slugOf), own = Boolean(slug.value);
    slug.addEventListener("input", function () { own = Boolean(slug.value); });
    var follow = function () {
      if (own) return;
      slug.value = label.value.toLowerCase().replace(/đ/g, "d").normalize("NFD").replace(/[\u0300-\u036f]/g, "")
        .replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "").slice(0, 60);
    };
    label.addEventListener("input", follow);
    follow(); // typed before this script came
  }

  // ---- parts that are only there for one choice

  function show() {
    form.querySelectorAll("[data-shown-when]").forEach(function (part) {
      var pair = part.dataset.shownWhen.split("="), control = form.elements[pair[0]];
      part.hidden = Boolean(control) && control.value !== pair[1];
    });
  }

  // ---- several events; what was really received with the first

  function firstEvent() {
    var input = form.querySelector("[data-events] input");
    return input ? input.value.trim() : "";
  }

  form.addEventListener("click", function (event) {
    var add = event.target.closest("[data-add-event]"), remove = event.target.closest("[data-remove-event]");
    if (add) {
      var last = add.previousElementSibling, copy = last.cloneNode(true);
      copy.querySelector("input").value = "";
      add.before(copy);
      copy.querySelector("input").focus();
    }
    if (remove) {
      var box = remove.closest("[data-events]");
      remove.closest(".c-event").remove();
      box.querySelector("input").focus();
      changed();
    }
  });

  function suggest() {
    var event = firstEvent(), list = document.getElementById("c-properties");
    if (!event || !list || list.dataset.event === event) return;
    list.dataset.event = event;
    getJson(form.dataset.properties + "?event=" + encodeURIComponent(event)).then(function (answer) {
      list.replaceChildren.apply(list, answer.properties.map(function (one) {
        var option = element("option");
        option.value = one.name;
        option.label = one.examples.slice(0, 2).join(", ");
        return option;
      }));
    }, function () { delete list.dataset.event; });
  }

  // ---- rows of the groups

  form.addEventListener("click", function (event) {
    var add = event.target.closest("[data-add-row]"), remove = event.target.closest("[data-remove-row]");
    if (!add && !remove) return;
    var body = (add || remove).closest("[data-groups]").querySelector("tbody");
    if (add) {
      var copy = body.rows[body.rows.length - 1].cloneNode(true);
      body.append(copy);
      copy.querySelectorAll("input").forEach(function (input, place) { if (!place) input.value = ""; });
      copy.querySelector("input").focus();
    } else if (body.rows.length > 1) {
      remove.closest("tr").remove();
    }
    form.querySelector("[data-own-groups]").value = "1";
    changed();
  });
  form.addEventListener("input", function (event) {
    if (event.target.closest("[data-groups]")) form.querySelector("[data-own-groups]").value = "1";
  });

  // ---- filters: [property] [operator] [value]; what is more than that stays JSON

  function Filters(area) {
    this.area = area;
    this.rows = JSON.parse(area.value || "[]");
    this.box = element("div", "c-filters");
    area.hidden = true;
    area.after(this.box);
    this.draw();
  }

  Filters.simple = function (area) {
    try {
      return JSON.parse(area.value || "[]").every(function (row) { return typeof row.property === "string"; });
    } catch (error) { return false; }
  };

  Filters.prototype.write = function () {
    var self = this;
    this.area.value = JSON.stringify(this.rows.filter(function (row) { return row.property && self.full(row); }));
    changed();
  };

  Filters.prototype.operator = function (row) {
    return words.operators.find(function (one) { return one.name === row.op; }) || words.operators[0];
  };

  Filters.prototype.full = function (row) {
    var operand = this.operator(row).operand;
    if (operand === "none") return true;
    if (operand === "range") return Array.isArray(row.value) && row.value.every(function (end) { return end !== ""; });
    if (operand === "list") return Array.isArray(row.value) && row.value.length > 0;
    return row.value !== "" && row.value !== undefined;
  };

  Filters.prototype.draw = function () {
    var self = this, say = words.words;
    this.box.replaceChildren.apply(this.box, this.rows.map(function (row) { return self.row(row); }));
    var add = element("button", "btn btn-sm");
    add.type = "button";
    add.append(element("i", "ti ti-plus icon"), document.createTextNode(say.addWhere));
    add.firstChild.setAttribute("aria-hidden", "true");
    add.addEventListener("click", function () {
      self.rows.push({ property: "", op: "eq", value: "" });
      self.draw();
      self.box.querySelector(".c-filter:last-of-type input").focus();
    });
    this.box.append(add);
  };

  Filters.prototype.row = function (row) {
    var self = this, say = words.words, line = element("div", "c-filter");
    var operand = this.operator(row).operand;
    function input(value, label, set) {
      var control = element("input", "form-control");
      control.value = value === undefined || value === null ? "" : String(value);
      control.setAttribute("aria-label", label);
      control.autocomplete = "off";
      control.addEventListener("input", function () { set(control.value); self.write(); });
      return control;
    }
    var name = input(row.property, say.property, function (value) { row.property = value.trim(); });
    name.setAttribute("list", "c-properties");
    name.placeholder = say.property;
    var choose = element("select", "form-select");
    choose.setAttribute("aria-label", say.comparison);
    words.operators.filter(function (one) { return !one.moving; }).forEach(function (one) {
      var option = element("option", "", one.label);
      option.value = one.name;
      choose.append(option);
    });
    choose.value = row.op;
    choose.addEventListener("change", function () {
      row.op = choose.value;
      var wanted = self.operator(row).operand;
      if (wanted === "none") delete row.value;
      else if (wanted === "range") row.value = ["", ""];
      else if (wanted === "list") row.value = [];
      else if (Array.isArray(row.value) || row.value === undefined) row.value = "";
      self.draw();
      self.write();
    });
    line.append(name, choose);
    function figure(text) { return text.trim() && window.quenRule.number(text, words.language); }
    if (operand === "range") {
      [say.from, say.to].forEach(function (label, place) {
        line.append(input(row.value && row.value[place], label, function (value) { row.value[place] = figure(value); }));
      });
    } else if (operand === "list") {
      line.append(input((row.value || []).join(", "), say.values, function (value) {
        row.value = value.split(",").map(function (part) { return part.trim(); }).filter(Boolean);
      }));
    } else if (operand !== "none") {
      line.append(input(row.value, say.value, function (value) { row.value = operand === "number" ? figure(value) : value; }));
    }
    var remove = element("button", "btn btn-icon btn-sm btn-ghost-secondary");
    remove.type = "button";
    remove.title = say.remove;
    remove.setAttribute("aria-label", say.remove);
    remove.append(element("i", "ti ti-x"));
    remove.firstChild.setAttribute("aria-hidden", "true");
    remove.addEventListener("click", function () {
      self.rows.splice(self.rows.indexOf(row), 1);
      self.draw();
      self.write();
    });
    line.append(remove);
    return line;
  };

  // ---- what comes of it

  var timer, turn = 0;
  function changed() {
    show();
    suggest();
    clearTimeout(timer);
    timer = setTimeout(preview, 450);
  }

  function preview() {
    var rail = document.getElementById("c-rail"), mine = ++turn;
    if (!rail || !firstEvent()) return;
    fetch(form.dataset.preview, {
      method: "POST", headers: { "X-CSRFToken": window.quen.csrf() }, body: new URLSearchParams(new FormData(form)),
    })
      .then(function (response) { if (!response.ok) throw new Error(response.status); return response.text(); })
      .then(function (html) { if (mine === turn && html) rail.innerHTML = html; })
      .catch(function () { if (mine === turn) rail.textContent = document.body.dataset.offline; });
  }

  form.addEventListener("input", function (event) { if (!event.target.closest(".c-filters")) changed(); });
  form.addEventListener("change", show);
  getJson(form.dataset.words).then(function (answer) {
    words = answer;
    form.querySelectorAll("[data-filters]").forEach(function (area) { if (Filters.simple(area)) new Filters(area); });
    changed();
  }, changed);
  show();
})();
