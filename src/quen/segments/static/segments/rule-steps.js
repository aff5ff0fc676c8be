// Sentences that have parts of their own: filters of an event, in groups if need be, and the steps of a sequence.
// Methods of the builder, as rule-sentences.js, which comes before it.
(function () {
  "use strict";
  var M = window.quenRule;
  var B = M.sentences;
  var element = window.quen.element;
  var MOST_STEPS = 10;

  // ---- filters. `holder` has them in `where`: an event, a step or a group; `event` says whose properties are offered.

  B.filters = function (holder, event) {
    var self = this, say = this.say;
    var parts = holder.where.map(function (filter, index) {
      return filter.kind === "filters" ? self.filterGroup(filter, holder, event, index) : self.filter(filter, holder, event, index);
    });
    var foot = element("div", "s-add-filter");
    foot.append(
      this.link("+ " + say.addWhere, function () {
        var filter = newFilter();
        holder.where.push(filter);
        self.focusNext = filter.uid + ".name";
      }),
      this.link("+ " + say.addWhereGroup, function () {
        var group = M.node("filters", { mode: "any", where: [newFilter(), newFilter()] });
        holder.where.push(group);
        self.focusNext = group.where[0].uid + ".name";
      })
    );
    if (holder.kind !== "filters" && !holder.where.length) foot.lastChild.remove();
    parts.push(foot);
    return parts;
  };

  function newFilter() {
    return M.node("filter", { name: "", op: "eq", operand: M.operand({}) });
  }

  B.filter = function (filter, holder, event, index) {
    var line = element("div", "s-sentence-line s-filter");
    this.keep(filter, "", line);
    line.append(
      this.joint(holder, index),
      this.input(filter, "name", filter.name, this.say.property, "s-w-value", { names: "properties", of: event, placeholder: this.say.property }, function (value) { filter.name = value; }),
      this.operatorChoice(filter, false)
    );
    this.operandControls(filter, event).forEach(function (control) { line.append(control); });
    line.append(this.filterRemover(filter, holder, event));
    return line;
  };

  B.filterGroup = function (group, holder, event, index) {
    var say = this.say, box = element("div", "s-filter s-filter-group");
    box.setAttribute("role", "group");
    this.keep(group, "", box);
    var head = element("div", "s-sentence-line");
    head.append(
      this.joint(holder, index),
      this.select(group, "mode", [["all", say.all], ["any", say.any], ["none", say.none]], say.filterGroup),
      this.filterRemover(group, holder, event)
    );
    box.append(head);
    box.append.apply(box, this.filters(group, event));
    return box;
  };

  // The word before a filter.
  B.joint = function (holder, index) {
    var say = this.say, group = holder.kind === "filters";
    return element("span", "", index ? (group && holder.mode !== "all" ? say.or : say.andWhere) : group ? "" : say.where);
  };

  B.filterRemover = function (filter, holder, event) {
    var self = this;
    return this.iconButton("x", this.say.remove, function () {
      holder.where.splice(holder.where.indexOf(filter), 1);
      self.focusNext = event.uid + ".name";
    });
  };

  // ---- a sequence

  B.newStep = function (done) {
    return M.node("step", { name: "", done: done, gap: { on: false, n: "1", unit: "h" }, where: [] });
  };

  B.sequence = function (one) {
    var self = this, say = this.say;
    var list = element("ol", "s-steps");
    one.steps.forEach(function (step, index) {
      var entry = element("li");
      entry.append(self.stepLine(step, index, one));
      entry.append.apply(entry, self.filters(step, step));
      list.append(entry);
    });
    var foot = element("div", "s-sentence-line");
    if (one.steps.length < MOST_STEPS) {
      foot.append(this.link("+ " + say.addStep, function () {
        var step = self.newStep(true);
        one.steps.push(step);
        self.focusNext = step.uid + ".name";
      }));
    }
    return [list, foot, this.whole(one)];
  };

  // "All of it within [3] [days], [at any time]".
  B.whole = function (one) {
    var say = this.say, recent = one.recent, line = element("div", "s-sentence-line");
    line.append(
      element("span", "s-strong", say.allWithin),
      this.span(one, "span", one.span),
      this.choice(recent.on ? "yes" : "no", [["no", say.ever], ["yes", say.within]], say.when, one, "recent.on", function (value) { recent.on = value === "yes"; })
    );
    if (recent.on) line.append(this.span(one, "recent", recent, say.withinEnd));
    return line;
  };

  B.stepLine = function (step, index, one) {
    var self = this, say = this.say, line = element("div", "s-sentence-line");
    this.keep(step, "", line);
    if (index) {
      line.append(this.choice(step.done ? "yes" : "no", [["yes", say.thenDid], ["no", say.thenDidNot]], say.step, step, "done", function (value) { step.done = value === "yes"; }, "s-strong"));
    } else {
      line.append(element("span", "s-strong", say.firstDid));
    }
    line.append(this.input(step, "name", step.name, say.event, "s-w-name", { names: "events", placeholder: say.event }, function (value) {
      step.name = value;
      self.fetchProperties(one);
    }));
    if (M.mayHaveGap(one, index)) {
      var gaps = step.done ? [["no", say.anyGap], ["yes", say.gap]] : [["no", say.anyGapNot], ["yes", say.gapNot]];
      line.append(this.choice(step.gap.on ? "yes" : "no", gaps, say.when, step, "gap.on", function (value) { step.gap.on = value === "yes"; }));
      if (step.gap.on) line.append(this.span(step, "gap", step.gap, say.gapEnd));
    }
    if (index) line.append(this.upButton(one, index));
    if (one.steps.length > 2) {
      line.append(this.iconButton("x", this.say.remove, function () {
        one.steps.splice(index, 1);
        one.steps[0].done = true;
        self.focusNext = one.steps[Math.max(0, index - 1)].uid + ".name";
      }));
    }
    return line;
  };

  B.upButton = function (one, index) {
    var self = this;
    return this.iconButton("arrow-up", this.say.earlier, function () {
      one.steps.splice(index - 1, 0, one.steps.splice(index, 1)[0]);
      one.steps[0].done = true;
      self.focusNext = one.steps[index - 1].uid + ".name";
    });
  };

  B.link = function (text, act) {
    var self = this, button = element("button", "s-link", text);
    button.type = "button";
    button.addEventListener("click", function () { act(); self.changed(true); });
    return button;
  };
})();
