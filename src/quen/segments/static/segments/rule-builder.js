// The builder of rules: sentences in place of the JSON of a <textarea data-rule-builder>, which stays what the form sends.
// Needs rule-model.js, rule-sentences.js, rule-steps.js and rule-suggestions.js before it.
// Attributes: data-words, data-properties (addresses), data-preview, data-rail, data-sentence (where the answer goes),
// data-problem-path and data-problem (what the server found wrong). A button [data-rule-toggle="#id"] switches to JSON.
(function () {
  "use strict";
  var M = window.quenRule;

  function Builder(area, words) {
    this.area = area;
    this.words = words;
    this.say = words.words;
    this.operators = {};
    words.operators.forEach(function (operator) { this.operators[operator.name] = operator; }, this);
    this.aggregates = {};
    words.aggregates.forEach(function (aggregate) { this.aggregates[aggregate.name] = aggregate; }, this);
    this.seen = {}; // event → its properties
    this.named = {}; // consent, reachable → [name, how many people]
    this.counted = {}; // event and property, or trait → [value, how often it came]
    this.controls = {};
    this.paths = {};
    this.problem = (area.dataset.problemPath || "").charAt(0) === "$" ? { path: area.dataset.problemPath, message: area.dataset.problem } : null;
    this.box = document.createElement("div");
    this.box.className = "s-builder";
    this.list = window.quen.element("ul", "s-suggestions");
    this.list.id = area.id + "-list";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.say.suggestions);
    this.list.addEventListener("mousedown", function (event) { event.preventDefault(); }); // the field keeps the focus
    area.after(this.box);
    this.read();
    this.toggle(false);
    this.listen();
    this.past = [this.area.value];
    this.place = 0;
    if (area.dataset.rail) this.guard(area.form);
    if (this.problem) this.focusOn(this.problem.path);
    this.steps();
    this.preview();
  }

  var B = Object.assign(Builder.prototype, M.sentences);

  B.kinds = function () {
    var self = this;
    return {
      language: this.words.language,
      operand: function (one) {
        if (one.kind === "event" && self.aggregates[one.aggregate].operators !== "value") {
          return one.op === "between" ? "range" : "number";
        }
        return (self.operators[one.op] || { operand: "value" }).operand;
      },
    };
  };

  // ---- between the textarea and the model

  B.read = function () {
    try {
      this.root = M.fromRule(JSON.parse(this.area.value), Object.keys(this.aggregates));
      return true;
    } catch (error) {
      if (!this.root) this.root = M.node("group", { mode: "all", items: [] });
      this.tell({ path: "$", message: this.say.badJson.replace("%(problem)s", error.message) });
      return false;
    }
  };

  B.write = function () {
    var paths = {};
    var rule = M.toRule(this.root, this.kinds(), function (path, one, field) { paths[path] = { uid: one.uid, field: field }; });
    this.paths = paths;
    this.area.value = JSON.stringify(rule, null, 2);
  };

  B.changed = function (structure) {
    this.problem = null;
    this.write();
    this.remember();
    if (structure) this.draw(); else this.clearProblem();
    this.preview();
    if (structure) this.tellForm();
  };

  // A form sees the rule as one field, which changes when a change is finished: what happens inside stays inside.
  B.listen = function () {
    var self = this;
    this.told = this.area.value;
    this.area.addEventListener("change", function () { self.told = self.area.value; });
    this.box.addEventListener("change", function (event) {
      event.stopPropagation();
      self.tellForm();
    });
  };

  B.tellForm = function () {
    if (this.area.value !== this.told) this.area.dispatchEvent(new Event("change", { bubbles: true }));
  };

  // A form that is about the rule alone: it is not sent half filled in, nor left with changes without a question.
  B.guard = function (form) {
    var self = this, first = this.area.dataset.problem ? "" : this.area.value;
    form.addEventListener("click", function (event) {
      var open = !self.json && event.target.closest("[type=submit]") && self.unfinished();
      if (!open) return;
      event.preventDefault();
      self.clearProblem();
      self.tellAt(open, open.matches("input, select") ? self.say.fillIn : self.say.addFirst);
      open.focus();
    });
    window.addEventListener("beforeunload", function (event) {
      if (self.area.value !== first && !form.dataset.sent) event.preventDefault();
    });
  };

  // The first control that still needs something: a field, or what adds to an empty group.
  B.unfinished = function () {
    var self = this;
    if (M.isFinished(this.root, this.kinds())) return null;
    return Array.prototype.find.call(this.box.querySelectorAll("input, select, button, summary"), function (control) {
      if (control.matches("input, select")) return !control.value.trim() && !control.matches(".s-chip ~ input");
      var group = self.controls[control.dataset.key] && control.closest(".s-group");
      return group && !group.querySelector(".s-items > li");
    });
  };

  // ---- undo: every rule that stood here, newest last; what is typed into one field without a pause is one step

  B.remember = function () {
    var text = this.area.value, now = Date.now(), active = document.activeElement;
    var key = active && active.matches("input, textarea") ? active.dataset.key || active.id : "";
    if (text === this.past[this.place]) return;
    var same = key && key === this.typing && now - this.typed < 1000 && this.place > 0 && this.place === this.past.length - 1;
    this.past.length = this.place + 1;
    if (same) this.past[this.place] = text; else this.past.push(text);
    if (this.past.length > 100) this.past.shift();
    this.place = this.past.length - 1;
    this.typing = key;
    this.typed = now;
    this.steps();
  };

  B.step = function (by) {
    var text = this.past[this.place + by], active = document.activeElement;
    if (text === undefined) return;
    var stood = this.box.contains(active) && this.placeOf(active.dataset.key);
    this.place += by;
    this.typing = "";
    this.problem = null;
    this.area.value = text;
    this.clearProblem();
    if (this.read() && !this.json) {
      this.write();
      this.draw();
      if (stood) this.focusOn(stood.path, stood.field);
    }
    this.steps();
    this.preview();
    this.tellForm();
  };

  B.steps = function () {
    var self = this, buttons = document.querySelectorAll('[data-rule-step][data-rule-of="#' + this.area.id + '"]');
    var active = document.activeElement;
    buttons.forEach(function (button) {
      button.disabled = self.past[self.place + Number(button.dataset.ruleStep)] === undefined;
    });
    // One that was pressed for the last time gives the focus to the other.
    if (active.disabled && active.dataset.ruleStep) buttons.forEach(function (button) { if (!button.disabled) button.focus(); });
  };

  // Where in the rule a control belongs, and the one that belongs there when the rule was read anew.
  B.placeOf = function (key) {
    var self = this, cut = String(key).indexOf(".");
    var path = Object.keys(this.paths).find(function (each) { return self.paths[each].uid === Number(String(key).slice(0, cut)); });
    return { path: path || "$", field: String(key).slice(cut + 1) };
  };

  B.focusOn = function (path, field) {
    var found = this.nearest(path);
    var control = found && (this.controls[found.uid + "." + (field || found.field)] || this.controls[found.uid + "."]);
    if (control && !control.matches("input, select, textarea, summary, button")) control = M.first(control);
    if (!control) return;
    control.focus();
    if (control.type === "text") control.setSelectionRange(control.value.length, control.value.length);
  };

  // What of the rule is at a path, or nearest around it.
  B.nearest = function (path) {
    var found = this.paths[path], around;
    while (!found && (around = path.replace(/(\.[^.[\]]*|\[\d+\])$/, "")) !== path) {
      path = around;
      found = this.paths[path];
    }
    return found;
  };

  B.toggle = function (json) {
    this.json = json;
    if (json) this.write();
    else if (!this.read()) { this.json = true; json = true; }
    this.area.hidden = !json;
    this.box.hidden = json;
    var button = document.querySelector('[data-rule-toggle="#' + this.area.id + '"]');
    if (button) { button.setAttribute("aria-pressed", String(json)); button.classList.toggle("active", json); }
    if (!json) { this.write(); this.draw(); }
  };

  // ---- the answer beside it

  B.preview = function () {
    var self = this;
    clearTimeout(this.timer);
    if (!this.area.dataset.preview) return;
    this.timer = setTimeout(function () { self.ask(); }, 350);
  };

  B.ask = function () {
    var self = this, rail = document.querySelector(this.area.dataset.rail), sentence = document.querySelector(this.area.dataset.sentence);
    if (!this.json && !M.isFinished(this.root, this.kinds())) {
      this.note(rail, this.root.items.length ? this.say.unfinished : this.say.noneYet);
      if (sentence) sentence.textContent = "";
      return;
    }
    var turn = this.turn = (this.turn || 0) + 1;
    if (rail) rail.closest(".s-rail").classList.add("s-waiting");
    fetch(this.area.dataset.preview, {
      method: "POST",
      headers: { "X-CSRFToken": window.quen.csrf() },
      body: new URLSearchParams({ rule: this.area.value }),
    })
      .then(function (response) { if (!response.ok) throw new Error(response.status); return response.json(); })
      .then(function (answer) {
        if (turn !== self.turn) return; // a later question was asked meanwhile
        if (rail) rail.closest(".s-rail").classList.remove("s-waiting");
        if (answer.problem) {
          self.tell(answer.problem);
          self.note(rail, answer.problem.message);
          if (sentence) sentence.textContent = "";
          return;
        }
        self.tell(null);
        if (rail) { rail.innerHTML = answer.html; window.htmx.process(rail); }
        self.tellCount(answer.brief, answer.brief);
        if (sentence) sentence.textContent = answer.sentence + ".";
      })
      .catch(function () { if (turn === self.turn) self.note(rail, document.body.dataset.offline); });
  };

  B.note = function (rail, text) {
    this.turn = (this.turn || 0) + 1; // an answer on its way is of another rule
    if (!rail) return;
    rail.closest(".s-rail").classList.remove("s-waiting");
    rail.replaceChildren(window.quen.element("p", "text-secondary mb-0", text));
    this.tellCount("", this.problem ? "" : text); // a problem is read out beside its field
  };

  // The count where the rail is out of sight, and the one thing that is read aloud.
  B.tellCount = function (brief, said) {
    document.querySelectorAll("[data-rule-count]").forEach(function (place) { place.textContent = brief; });
    document.querySelectorAll("[data-rule-said]").forEach(function (place) { if (place.textContent !== said) place.textContent = said; });
  };

  // ---- problems beside the field they are about

  B.tell = function (problem) {
    this.problem = problem;
    this.clearProblem();
    if (!problem) return;
    var found = this.nearest(problem.path || "$");
    this.tellAt(found && (this.controls[found.uid + "." + found.field] || this.controls[found.uid + "."]), problem.message);
  };

  B.tellAt = function (control, text) {
    var message = window.quen.element("div", "s-problem", text);
    message.id = this.area.id + "-problem";
    message.setAttribute("role", "alert");
    if (!control || this.json) {
      (this.json ? this.area : this.box).after(message);
      this.area.classList.toggle("is-invalid", this.json);
      return;
    }
    if (control.matches("input, select, textarea")) {
      control.classList.add("is-invalid");
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", message.id);
    }
    var row = control.closest(".s-row-body, .s-group");
    (row || this.box).append(message);
  };

  B.clearProblem = function () {
    var old = document.getElementById(this.area.id + "-problem");
    if (old) old.remove();
    this.area.classList.remove("is-invalid");
    this.box.querySelectorAll(".is-invalid").forEach(function (control) {
      control.classList.remove("is-invalid");
      control.removeAttribute("aria-invalid");
      control.removeAttribute("aria-describedby");
    });
  };

  // ---- every rule on the page, now and in fragments that come later

  function mount(root) {
    root.querySelectorAll("textarea[data-rule-builder]").forEach(function (area) {
      if (area.quenBuilder) return;
      area.quenBuilder = true;
      M.getJson(area.dataset.words).then(function (words) {
        if (!area.value.trim()) area.value = '{"all": []}';
        area.quenBuilder = new Builder(area, words);
        area.addEventListener("input", function () { area.quenBuilder.remember(); area.quenBuilder.preview(); });
      }, function () { area.quenBuilder = false; });
    });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-rule-toggle]");
    var area = button && document.querySelector(button.dataset.ruleToggle);
    if (area && area.quenBuilder && area.quenBuilder.toggle) area.quenBuilder.toggle(!area.quenBuilder.json);
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-rule-step]");
    var area = button && document.querySelector(button.dataset.ruleOf);
    if (area && area.quenBuilder && area.quenBuilder.step) area.quenBuilder.step(Number(button.dataset.ruleStep));
  });
  // Ctrl+Z and Ctrl+Y among the sentences, where the change of one control may have moved others.
  document.addEventListener("keydown", function (event) {
    var key = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase();
    var box = (key === "z" || key === "y") && event.target.closest(".s-builder");
    var area = box && box.previousElementSibling;
    if (!area || !area.quenBuilder || !area.quenBuilder.step) return;
    event.preventDefault();
    area.quenBuilder.step(key === "y" || event.shiftKey ? 1 : -1);
  });
  document.addEventListener("htmx:load", function (event) { mount(event.target.parentNode || document); });
  mount(document);
})();
