// How a rule is drawn as sentences: groups, rows, controls. The methods of the builder (rule-builder.js) that make DOM.
// `keep` remembers which control belongs to which part of the rule; `changed` is told of every change.
(function () {
  "use strict";
  var M = window.quenRule, element = window.quen.element;
  var B = (M.sentences = {});

  B.draw = function () {
    var focused = this.box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.controls = {};
    this.box.replaceChildren(this.group(this.root, null), this.list);
    this.closeOffers();
    this.fetchProperties(this.root);
    if (this.problem) this.tell(this.problem);
    var inside = this.controls[this.focusIn + "."];
    var control = inside ? first(inside) : this.controls[this.focusNext || focused];
    this.focusNext = this.focusIn = null;
    if (control) {
      control.focus();
      if (control.select && control.type === "text") control.select();
    }
  };

  B.group = function (one, parent) {
    var self = this, say = this.say;
    var box = element("div", "s-group");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", parent ? say.addGroup : say.group);
    this.keep(one, "", box);
    var head = element("div", "s-group-head");
    var mode = this.select(one, "mode", [["all", say.all], ["any", say.any], ["none", say.none]], parent ? say.subgroup : say.group, true);
    if (!parent) head.append(element("span", "", say.group));
    head.append(mode);
    if (parent) head.append(this.ends(one, parent));
    var list = element("ul", "s-items");
    one.items.forEach(function (item, index) {
      var entry = element("li");
      if (index) entry.append(element("div", "s-joint", one.mode === "all" ? say.and : say.or));
      entry.append(item.kind === "group" ? self.group(item, one) : self.row(item, one, index));
      list.append(entry);
    });
    box.append(head, list, this.adders(one, parent));
    return box;
  };

  // What can be added. Within a group one asks for it first: groups in groups would end in a wall of buttons.
  B.adders = function (group, parent) {
    var self = this, say = this.say;
    var box = element("div", "s-add"), whole = parent ? element("details") : box;
    if (parent) whole.append(element("summary", "s-link", "+ " + say.addHere), box);
    else box.append(element("span", "", say.add));
    function offer(label, icon, make, focus) {
      var button = element("button", "btn btn-sm");
      button.type = "button";
      button.append(element("i", "ti ti-" + icon + " icon"), document.createTextNode(label));
      button.firstChild.setAttribute("aria-hidden", "true");
      button.addEventListener("click", function () {
        var made = make();
        group.items.push(made);
        self.focusNext = made.kind === "sequence" ? made.steps[0].uid + ".name" : (made.kind === "group" ? made.items[0].uid : made.uid) + "." + focus;
        self.changed(true);
      });
      box.append(button);
    }
    offer(say.addEvent, "bolt", newEvent, "name");
    offer(say.addTrait, "user", newTrait, "name");
    if (this.words.segments.length) offer(say.addSegment, "filter", function () { return M.node("segment", { of: "segment", id: "", negated: false }); }, "id");
    if (this.words.lists.length) offer(say.addList, "list-check", function () { return M.node("segment", { of: "list", id: "", negated: false }); }, "id");
    offer(say.addSequence, "route", function () { return M.node("sequence", { steps: [self.newStep(true), self.newStep(false)], span: { n: "3", unit: "d" }, recent: { on: false, n: "30", unit: "d" } }); }, "name");
    offer(say.addConsent, "shield-check", function () { return M.node("segment", { of: "consent", id: "", negated: false }); }, "id");
    offer(say.addReachable, "send", function () { return M.node("segment", { of: "reachable", id: "", negated: false }); }, "id");
    offer(say.addSample, "dice-5", function () {
      return M.node("sample", { percent: "10", salt: Math.random().toString(36).slice(2, 10) });
    }, "percent");
    offer(say.addGroup, "parentheses", function () { return M.node("group", { mode: "any", items: [newEvent()] }); }, "name");
    this.keep(group, "add", parent ? whole.firstChild : box.querySelector("button"));
    return whole;
  };

  function newEvent() {
    return M.node("event", {
      name: "", did: true, aggregate: "count", property: "", op: "gte", operand: M.operand({ value: 1 }),
      when: { kind: "within", n: "30", unit: "d", from: "", to: "" }, where: [],
    });
  }

  function newTrait() {
    return M.node("trait", { name: "", op: "eq", operand: M.operand({}) });
  }

  B.row = function (one, parent, index) {
    var row = element("div", "s-row"), body = element("div", "s-row-body");
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", this.say.condition.replace("%(n)s", index + 1));
    this.keep(one, "", body);
    body.append.apply(body, this[one.kind](one));
    row.append(body, this.ends(one, parent));
    return row;
  };

  B.event = function (one) {
    var self = this, say = this.say;
    var line = element("div", "s-sentence-line");
    line.append(
      this.choice(one.did ? "yes" : "no", [["yes", say.did], ["no", say.didNot]], say.event, one, "did", function (value) { one.did = value === "yes"; }, "s-strong"),
      this.input(one, "name", one.name, say.event, "s-w-name", { names: "events", placeholder: say.event }, function (value) {
        one.name = value;
        self.fetchProperties(one);
      })
    );
    if (one.did) {
      var kind = this.aggregates[one.aggregate].operators;
      var how = this.words.aggregates.map(function (aggregate) { return [aggregate.name, aggregate.label]; });
      if (one.aggregate !== "count") {
        line.append(this.choice(one.aggregate, how, say.how, one, "aggregate", function (value) { self.setAggregate(one, value); }));
        line.append(this.input(one, "property", one.property, say.property, "s-w-value", { names: "properties", of: one, placeholder: say.property }, function (value) { one.property = value; }));
      }
      if (kind === "value") {
        line.append(this.operatorChoice(one, false));
        this.operandControls(one, one).forEach(function (control) { line.append(control); });
      } else {
        var labels = (kind === "count" ? this.words.counts : this.words.amounts).map(function (item) { return [item.name, item.label]; });
        line.append(this.choice(one.op, labels, say.comparison, one, "op", function (value) { one.op = value; }));
        this.operandControls(one, one).forEach(function (control) { line.append(control); });
      }
      if (one.aggregate === "count") {
        line.append(this.choice("count", how, say.how, one, "aggregate", function (value) { self.setAggregate(one, value); }));
      }
    }
    this.when(one).forEach(function (control) { line.append(control); });
    return [line].concat(this.filters(one, one));
  };

  B.setAggregate = function (one, value) {
    var kind = this.aggregates[value].operators, same = kind === this.aggregates[one.aggregate].operators;
    one.aggregate = value;
    if (same) return; // "total over 500" becomes "average over 500"
    one.op = kind === "value" ? "eq" : kind === "count" ? "gte" : "gt";
    one.operand = M.operand({ value: kind === "count" ? 1 : "" });
  };

  B.when = function (one) {
    var say = this.say, when = one.when;
    var parts = [this.choice(when.kind, [["within", say.within], ["between", say.between], ["ever", say.ever]], say.when, one, "when.kind", function (value) { when.kind = value; })];
    if (when.kind === "within") {
      parts.push(this.span(one, "when", when, say.withinEnd));
    } else if (when.kind === "between") {
      parts.push(
        this.input(one, "when.from", when.from, say.from, "s-w-date", { type: dateType(when.from) }, function (value) { when.from = value; }),
        element("span", "", say.joint),
        this.input(one, "when.to", when.to, say.to, "s-w-date", { type: dateType(when.to) }, function (value) { when.to = value; })
      );
    }
    return parts;
  };

  // A span of time, kept on one line: [3] [days].
  B.span = function (one, key, span, end) {
    var say = this.say, box = element("span", "s-keep");
    box.append(
      this.input(one, key + ".n", span.n, say.when, "s-w-count", { inputmode: "numeric" }, function (value) { span.n = value.trim(); }),
      this.choice(span.unit, [["m", say.minutes], ["h", say.hours], ["d", say.days]], say.unit, one, key + ".unit", function (value) { span.unit = value; }),
      element("span", "", end || "")
    );
    return box;
  };

  B.trait = function (one) {
    var line = element("div", "s-sentence-line");
    line.append(
      this.input(one, "name", one.name, this.say.trait, "s-w-name s-strong", { names: "traits", placeholder: this.say.trait }, function (value) { one.name = value; }),
      this.operatorChoice(one, true)
    );
    this.operandControls(one, null).forEach(function (control) { line.append(control); });
    return [line];
  };

  // What only names one thing: a segment, a list, a channel, a purpose.
  B.segment = function (one) {
    var say = this.say, words = this.words, line = element("div", "s-sentence-line");
    var label = { segment: say.segment, list: say.list, reachable: say.channel, consent: say.purpose }[one.of];
    var kinds = {
      segment: [["yes", say.inSegment], ["no", say.notInSegment]],
      list: [["yes", say.onList], ["no", say.notOnList]],
      reachable: [["yes", say.reachable], ["no", say.notReachable]],
      consent: [["yes", say.consent], ["no", say.noConsent]],
    }[one.of];
    line.append(this.choice(one.negated ? "no" : "yes", kinds, label, one, "negated", function (value) { one.negated = value === "no"; }, "s-strong"));
    if (one.of === "consent") {
      this.countNames("consent");
      line.append(this.input(one, "id", one.id, label, "s-w-name", { names: "consents", placeholder: label }, function (value) { one.id = value; }));
      return [line];
    }
    if (one.of === "reachable") this.countNames("reachable");
    var known = one.of === "reachable"
      ? words.channels.map(function (each) { return [each.name, each.label]; })
      : words[one.of + "s"].map(function (each) { return [each.id, each.name]; });
    if (one.id && !known.some(function (each) { return each[0] === one.id; })) known.push([one.id, one.id]);
    var select = this.choice(one.id, [["", say.choose]].concat(known), label, one, "id", function (value) { one.id = value; });
    select.dataset.names = one.of;
    line.append(select);
    this.showCounts(select);
    return [line];
  };

  B.sample = function (one) {
    var line = element("div", "s-sentence-line");
    line.append(
      element("span", "s-strong", this.say.sample),
      this.input(one, "percent", one.percent, this.say.percent, "s-w-count", { inputmode: "decimal" }, function (value) { one.percent = value; }),
      element("span", "", "%")
    );
    return [line];
  };

  B.raw = function (one) {
    var area = element("textarea", "form-control font-monospace w-100");
    area.rows = 3;
    area.value = one.text;
    area.spellcheck = false;
    area.setAttribute("aria-label", this.say.raw);
    this.keep(one, "text", area);
    var self = this;
    area.addEventListener("input", function () { one.text = area.value; self.changed(false); });
    return [element("div", "small text-secondary", this.say.raw), area];
  };

  // ---- controls

  B.operatorChoice = function (one, moving) {
    var offers = this.words.operators
      .filter(function (operator) { return moving || !operator.moving; })
      .map(function (operator) { return [operator.name, operator.label]; });
    return this.choice(one.op, offers, this.say.comparison, one, "op", function (value) { one.op = value; });
  };

  B.operandControls = function (one, event) {
    var self = this, say = this.say, read = one.operand, kind = this.kinds().operand(one);
    function values() {
      return self.valueOffers(event ? event.name : "", one === event ? one.property : one.name);
    }
    function field(key, label, css, attributes) {
      return self.input(one, key, read[key], label, css, attributes, function (value) { read[key] = value; });
    }
    switch (kind) {
      case "none": return [];
      case "number": return [this.numeric(one, "value", say.value)];
      case "range": return [this.numeric(one, "from", say.from), element("span", "", say.joint), this.numeric(one, "to", say.to)];
      case "date": return [field("value", say.value, "s-w-date", { type: dateType(read.value) })];
      case "list": return [this.chips(one, values)];
      case "span": return [
        field("n", say.value, "s-w-count", { inputmode: "numeric" }),
        this.choice(read.unit, [["m", say.minutes], ["h", say.hours], ["d", say.days]], say.unit, one, "unit", function (value) { read.unit = value; }),
      ];
      default: return [field("value", say.value, "s-w-value", { values: values, placeholder: say.value })];
    }
  };

  function dateType(value) {
    return !value || /^\d{4}-\d\d-\d\d$/.test(value) ? "date" : "text";
  }

  B.numeric = function (one, key, label) {
    var self = this, language = this.words.language, read = one.operand;
    var small = one.kind === "event" && this.aggregates[one.aggregate].operators === "count";
    var control = this.input(one, key, read[key] === "" ? "" : M.shown(read[key], language), label, small ? "s-w-count" : "s-w-num", { inputmode: "decimal" }, function (value) { read[key] = value; });
    control.addEventListener("blur", function () { if (control.value) control.value = M.shown(read[key], self.words.language); });
    return control;
  };

  B.input = function (one, key, value, label, css, attributes, set) {
    var self = this;
    var control = element("input", "form-control " + css);
    control.type = "text";
    control.autocomplete = "off";
    ["type", "inputmode", "placeholder"].forEach(function (name) { if (attributes[name]) control.setAttribute(name, attributes[name]); });
    control.value = value;
    control.setAttribute("aria-label", label);
    this.keep(one, key, control);
    control.addEventListener("input", function () { set(control.value); self.changed(false); });
    // What is offered depends on the names beside it, which may have changed by the time it is asked for.
    function names() { return self.offers(attributes.names, attributes.of); }
    if (attributes.names) { this.suggest(control, names); this.spell(control, names); }
    if (attributes.values) this.suggest(control, attributes.values);
    control.addEventListener("keydown", function (event) { if (event.key === "Enter") event.preventDefault(); });
    return control;
  };

  B.select = function (one, key, offers, label) {
    return this.choice(one[key], offers, label, one, key, function (value) { one[key] = value; });
  };

  B.choice = function (value, offers, label, one, key, set, css) {
    var self = this;
    var control = element("select", "form-select " + (css || ""));
    control.setAttribute("aria-label", label);
    offers.forEach(function (offer) {
      var option = element("option", "", offer[1]);
      option.value = offer[0];
      control.append(option);
    });
    control.value = value;
    this.keep(one, key, control);
    control.addEventListener("change", function () { set(control.value); self.changed(true); });
    return control;
  };

  B.keep = function (one, key, control) {
    control.dataset.key = one.uid + "." + key;
    this.controls[one.uid + "." + key] = control;
  };

  // Once more, and away with it.
  B.ends = function (one, parent) {
    var self = this, box = element("span", "s-ends");
    box.append(
      this.iconButton("copy", this.say.duplicate, function () {
        var copy = M.copy(one);
        parent.items.splice(parent.items.indexOf(one) + 1, 0, copy);
        self.focusIn = copy.uid;
      }),
      this.iconButton("x", this.say.remove, function () {
        parent.items.splice(parent.items.indexOf(one), 1);
        prune(self.root);
        var left = parent.items.length ? parent : self.root;
        self.focusNext = left.uid + (left.items.length ? ".mode" : ".add");
      })
    );
    return box;
  };

  // A group goes with the last that was in it.
  function prune(group) {
    group.items = group.items.filter(function (item) {
      if (item.kind === "group") prune(item);
      return item.kind !== "group" || item.items.length;
    });
  }

  B.iconButton = function (name, label, act) {
    var self = this, button = element("button", "s-icon");
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    var icon = element("i", "ti ti-" + name);
    icon.setAttribute("aria-hidden", "true");
    button.append(icon);
    button.addEventListener("click", function () { act(); self.changed(true); });
    return button;
  };

  M.first = first;
  function first(part) { return part.querySelector("input, select, textarea"); }
})();
