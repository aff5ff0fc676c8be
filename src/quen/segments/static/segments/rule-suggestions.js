// What is offered while a name or a value is typed: what was really received, in a list under the field.
// Methods of the builder, as rule-sentences.js, which comes before it. Not a <datalist>: Firefox shows only the labels of
// one, which here are the counts. Arrows go through the list, Enter takes, Escape closes; what is typed may be new.
(function () {
  "use strict";
  var M = window.quenRule;
  var B = M.sentences;
  var element = window.quen.element;
  var MOST = 50;
  var getJson = M.getJson;

  B.figure = function (n) { return new Intl.NumberFormat(this.words.language).format(n); };

  // ---- what there is to offer, as pairs of a text and what is said beside it; third, if it has one, its name

  B.offers = function (kind, one) {
    var self = this, say = this.say;
    function seen(each) { return [each.name, each.label || each.examples.slice(0, 2).concat("× " + self.figure(each.count)).join(" · ")]; }
    if (kind === "events") return this.words.events.map(function (each) { return [each.name, each.label || say.count.replace("%(n)s", self.figure(each.count))]; });
    if (kind === "traits") return this.words.traits.map(seen);
    if (kind === "properties") return (this.seen[one.name] || []).map(seen);
    return (this.named.consent || []).map(function (pair) { return [pair[0], say.people.replace("%(n)s", self.figure(pair[1]))]; });
  };

  // The values of a trait, or of a property of `event`: examples until it is known how often each was really seen.
  B.valueOffers = function (event, name) {
    var key = JSON.stringify([event, name]), self = this;
    var known = (event ? this.seen[event] || [] : this.words.traits).find(function (each) { return each.name === name; });
    if (!known) return [];
    // Behind a value its name, where it has one, and how often it came.
    function offer(value, times) {
      var called = (known.named || {})[value];
      return [value, [].concat(called || [], times || []).join(" · "), called];
    }
    if (!this.counted[key]) {
      this.counted[key] = known.examples.map(function (value) { return offer(value); });
      getJson(this.words.values + "?event=" + encodeURIComponent(event) + "&name=" + encodeURIComponent(name)).then(function (answer) {
        if (!answer.values.length) return;
        var came = answer.values.map(function (pair) { return pair[0]; });
        self.counted[key] = answer.values.map(function (pair) { return offer(pair[0], "× " + self.figure(pair[1])); });
        Object.keys(known.named || {}).forEach(function (value) { if (came.indexOf(value) < 0) self.counted[key].push(offer(value)); });
        self.showOffers();
      }, function () { delete self.counted[key]; });
    }
    return this.counted[key];
  };

  // The properties of the events in a rule, as they were really received.
  B.fetchProperties = function (one) {
    var self = this;
    if (one.kind === "group") one.items.forEach(this.fetchProperties, this);
    if (one.kind === "sequence") one.steps.forEach(this.fetchProperties, this);
    if ((one.kind !== "event" && one.kind !== "step") || !one.name || self.seen[one.name]) return;
    if (!this.words.events.some(function (event) { return event.name === one.name && event.count; })) return;
    self.seen[one.name] = [];
    getJson(this.area.dataset.properties + "?event=" + encodeURIComponent(one.name)).then(function (answer) {
      self.seen[one.name] = answer.properties;
      self.showOffers();
    }, function () { delete self.seen[one.name]; });
  };

  // Purposes or channels with how many people agreed or can be reached: asked for once, when a sentence is about them.
  B.countNames = function (kind) {
    var self = this;
    if (this.named[kind]) return;
    this.named[kind] = [];
    getJson(this.words.values + "?of=" + kind).then(function (answer) {
      self.named[kind] = answer.values;
      self.showOffers();
      self.box.querySelectorAll('select[data-names="' + kind + '"]').forEach(self.showCounts, self);
    }, function () {});
  };

  // Behind each segment, list or channel of a list how many people that is.
  B.showCounts = function (select) {
    var self = this, of = select.dataset.names;
    var counts = of === "reachable"
      ? this.named.reachable
      : this.words[of + "s"].map(function (each) { return [each.id, each.count]; });
    counts.forEach(function (pair) {
      var option = Array.prototype.find.call(select.options, function (each) { return each.value === pair[0]; });
      if (!option || pair[1] === null) return;
      option.dataset.label = option.dataset.label || option.textContent;
      option.textContent = option.dataset.label + " (" + self.figure(pair[1]) + ")";
    });
  };

  // ---- the list under a field. `offers` gives the pairs; `taken`, if given, is told of the one that was chosen.

  B.suggest = function (control, offers, taken) {
    var self = this;
    control.setAttribute("role", "combobox");
    control.setAttribute("aria-autocomplete", "list");
    control.setAttribute("aria-expanded", "false");
    control.setAttribute("aria-controls", this.area.id + "-list");
    function open(all) {
      self.open = { control: control, offers: offers, taken: taken, all: all, at: -1 };
      self.showOffers();
    }
    control.addEventListener("focus", function () { offers(); if (!control.value) open(false); });
    control.addEventListener("click", function () { if (self.list.hidden) open(true); });
    control.addEventListener("input", function () { open(false); });
    control.addEventListener("blur", function () { self.closeOffers(); });
    control.addEventListener("keydown", function (event) { self.offerKey(event, open); });
  };

  B.offerKey = function (event, open) {
    var options = this.list.children, shown = !this.list.hidden, at = this.open ? this.open.at : -1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!shown) { open(false); if (this.list.hidden) open(true); }
      else this.pointAt((at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1) + options.length) % options.length);
    } else if (shown && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation(); // what is around the builder stays open
      this.closeOffers();
    } else if (shown && at >= 0 && (event.key === "Enter" || event.key === "Tab")) {
      if (event.key === "Enter") event.preventDefault();
      event.stopImmediatePropagation();
      this.take(options[at].dataset.value);
    } else if (event.key === "Enter") {
      this.closeOffers();
    }
  };

  B.showOffers = function () {
    var self = this, open = this.open, list = this.list;
    if (!open) return;
    var typed = open.control.value, wanted = plain(typed), all = open.offers();
    var found = open.all ? all : all.filter(function (pair) { return plain(pair[0]).indexOf(wanted) >= 0 || plain(pair[2] || "").indexOf(wanted) >= 0; });
    if (!open.all) {
      if (all.some(function (pair) { return pair[0] === typed; })) found = []; // it is what was wanted
      var first = found.filter(function (pair) { return plain(pair[0]).indexOf(wanted) === 0; });
      found = first.concat(found.filter(function (pair) { return first.indexOf(pair) < 0; }));
    }
    if (!found.length) { this.hideOffers(); return; }
    list.replaceChildren.apply(list, found.slice(0, MOST).map(function (pair, index) {
      var option = element("li");
      option.id = list.id + "-" + index;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.value = pair[0];
      option.append(element("span", "", pair[0]));
      if (pair[1]) option.append(" ", element("small", "", pair[1]));
      option.addEventListener("click", function () { self.take(pair[0]); });
      return option;
    }));
    open.at = -1;
    open.control.removeAttribute("aria-activedescendant");
    open.control.setAttribute("aria-expanded", "true");
    list.hidden = false;
    list.scrollTop = 0;
    this.placeOffers(open.control.getBoundingClientRect());
  };

  // Under the field, or above it where the keyboard of a phone leaves no room there.
  B.placeOffers = function (field) {
    var list = this.list, box = this.box.getBoundingClientRect(), view = window.visualViewport;
    var room = view.offsetTop + view.height - field.bottom;
    var above = room < list.offsetHeight && field.top - view.offsetTop > room;
    list.style.top = (above ? field.top - box.top - list.offsetHeight - 4 : field.bottom - box.top + 4) + "px";
    list.style.left = Math.max(0, Math.min(field.left - box.left, box.width - list.offsetWidth)) + "px";
  };

  B.pointAt = function (index) {
    var list = this.list, option = list.children[index];
    Array.prototype.forEach.call(list.children, function (each) { each.setAttribute("aria-selected", String(each === option)); });
    this.open.at = index;
    this.open.control.setAttribute("aria-activedescendant", option.id);
    list.scrollTop = Math.min(option.offsetTop, Math.max(list.scrollTop, option.offsetTop + option.offsetHeight - list.clientHeight));
  };

  // Until it is asked for again; one that is only hidden comes back when more is known.
  B.closeOffers = function () {
    this.open = null;
    this.hideOffers();
  };

  B.hideOffers = function () {
    this.list.hidden = true;
    if (this.open) this.open.at = -1;
    this.box.querySelectorAll('[aria-expanded="true"]').forEach(function (control) {
      control.setAttribute("aria-expanded", "false");
      control.removeAttribute("aria-activedescendant");
    });
  };

  B.take = function (value) {
    var open = this.open;
    if (open.taken) {
      open.taken(value);
    } else {
      open.control.value = value;
      open.control.dispatchEvent(new Event("input", { bubbles: true }));
      open.control.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.closeOffers();
  };

  // A name typed in another case is the one that was received, if only one is like it.
  B.spell = function (control, offers) {
    control.addEventListener("change", function () {
      var typed = control.value.trim().toLowerCase(), alike = offers().filter(function (pair) { return pair[0].toLowerCase() === typed; });
      if (alike.length !== 1 || alike[0][0] === control.value) return;
      control.value = alike[0][0];
      control.dispatchEvent(new Event("input", { bubbles: true }));
    });
  };

  // A list of values, each taken with Enter, from the list, or when the field is left.
  B.chips = function (one, values) {
    var self = this, say = this.say, read = one.operand;
    var box = element("div", "s-chips");
    var control = element("input", "form-control s-w-value");
    control.type = "text";
    control.autocomplete = "off";
    control.placeholder = say.addValue;
    control.setAttribute("aria-label", say.values);
    this.keep(one, "values", control);
    // Nothing is drawn anew: the field keeps the focus, or the button that was pressed meanwhile stays where it is.
    function changed() {
      self.changed(false);
      self.tellForm();
    }
    function chip(value) {
      var made = element("span", "s-chip", String(value)), remove = element("button");
      remove.type = "button";
      remove.setAttribute("aria-label", say.removeValue.replace("%(value)s", value));
      remove.append(element("i", "ti ti-x"));
      remove.addEventListener("click", function () {
        read.values.splice(read.values.indexOf(value), 1);
        control.focus();
        made.remove();
        changed();
      });
      made.append(remove);
      control.before(made);
    }
    function take(text) {
      var value = text.trim();
      control.value = "";
      if (!value || read.values.indexOf(value) >= 0) return;
      read.values.push(value);
      chip(value);
      changed();
    }
    this.suggest(control, function () {
      return values().filter(function (pair) { return read.values.indexOf(pair[0]) < 0; });
    }, take);
    control.addEventListener("keydown", function (event) { if (event.key === "Enter") { event.preventDefault(); take(control.value); } });
    control.addEventListener("change", function () { take(control.value); });
    box.append(control);
    read.values.forEach(chip);
    return box;
  };

  function plain(text) {
    return String(text).normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").trim().toLowerCase();
  }
})();
