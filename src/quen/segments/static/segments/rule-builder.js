// The builder of rules: sentences in place of the JSON of a <textarea data-rule-builder>, which stays what the form sends.
// Needs rule-model.js, rule-sentences.js and rule-steps.js before it.
// Attributes: data-words, data-properties (addresses), data-preview, data-rail, data-sentence (where the answer goes),
// data-problem-path and data-problem (what the server found wrong). A button [data-rule-toggle="#id"] switches to JSON.
(function () {
  "use strict";
  var M = window.quenRule;
  var asked = {};

  function getJson(url) {
    if (!asked[url]) {
      asked[url] = fetch(url, { headers: { Accept: "application/json" } }).then(function (response) {
        if (!response.ok) throw new Error(response.status);
        return response.json();
      });
      asked[url].catch(function () { delete asked[url]; });
    }
    return asked[url];
  }

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
    this.counted = {}; // id of a list of values → [value, how often it came]
    this.controls = {};
    this.paths = {};
    this.problem = (area.dataset.problemPath || "").charAt(0) === "$" ? { path: area.dataset.problemPath, message: area.dataset.problem } : null;
    this.box = document.createElement("div");
    this.box.className = "s-builder";
    area.after(this.box);
    this.read();
    this.toggle(false);
    this.listen();
    this.past = [this.area.value];
    this.place = 0;
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
      this.root = M.fromRule(JSON.parse(this.area.value));
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
    var text = this.past[this.place + by];
    if (text === undefined) return;
    this.place += by;
    this.typing = "";
    this.problem = null;
    this.area.value = text;
    this.clearProblem();
    if (this.read() && !this.json) { this.write(); this.draw(); }
    this.steps();
    this.preview();
    this.tellForm();
  };

  B.steps = function () {
    var self = this;
    document.querySelectorAll('[data-rule-step][data-rule-of="#' + this.area.id + '"]').forEach(function (button) {
      button.disabled = self.past[self.place + Number(button.dataset.ruleStep)] === undefined;
    });
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

  // The properties of the events in a rule, as they were really received.
  B.fetchProperties = function (one) {
    var self = this;
    if (one.kind === "group") one.items.forEach(this.fetchProperties, this);
    if (one.kind === "sequence") one.steps.forEach(this.fetchProperties, this);
    if ((one.kind !== "event" && one.kind !== "step") || !one.name || self.seen[one.name]) return;
    if (!this.words.events.some(function (event) { return event.name === one.name; })) return;
    self.seen[one.name] = [];
    getJson(this.area.dataset.properties + "?event=" + encodeURIComponent(one.name)).then(function (answer) {
      self.seen[one.name] = answer.properties;
      self.box.firstChild.replaceWith(self.datalists());
    }, function () { delete self.seen[one.name]; });
  };

  B.datalists = function () {
    var holder = document.createElement("div");
    var self = this;
    function seen(one) { return [one.name, one.label || one.examples.slice(0, 2).concat("× " + self.figure(one.count)).join(" · ")]; }
    holder.append(
      datalist("s-events", this.words.events.map(function (event) { return [event.name, self.say.count.replace("%(n)s", self.figure(event.count))]; })),
      datalist("s-traits", this.words.traits.map(seen)),
      datalist("s-consents", (this.named.consent || []).map(function (pair) { return [pair[0], self.say.people.replace("%(n)s", self.figure(pair[1]))]; }))
    );
    function values(id, found) { return self.counted[id] || found.map(function (value) { return [value, ""]; }); }
    this.words.traits.forEach(function (trait) { holder.append(datalist("s-trait-" + trait.name, values("s-trait-" + trait.name, trait.examples))); });
    Object.keys(this.seen).forEach(function (event) {
      holder.append(datalist("s-props-" + event, self.seen[event].map(seen)));
      self.seen[event].forEach(function (p) {
        var id = "s-prop-" + event + "-" + p.name;
        holder.append(datalist(id, values(id, p.examples)));
      });
    });
    return holder;
  };

  function datalist(id, items) {
    var list = document.createElement("datalist");
    list.id = id;
    items.forEach(function (item) {
      var option = document.createElement("option");
      option.value = item[0];
      if (item[1]) option.label = item[1];
      list.append(option);
    });
    return list;
  }

  B.figure = function (n) { return new Intl.NumberFormat(this.words.language).format(n); };

  // Purposes or channels with how many people agreed or can be reached: asked for once, when a sentence is about them.
  B.countNames = function (kind) {
    var self = this;
    if (this.named[kind]) return;
    this.named[kind] = [];
    getJson(this.words.values + "?of=" + kind).then(function (answer) {
      self.named[kind] = answer.values;
      self.box.firstChild.replaceWith(self.datalists());
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

  // The values of a trait or property, with how often each was really seen: asked for when a field is entered.
  B.countValues = function (id, event, name) {
    var self = this, list = document.getElementById(id);
    if (!name || !list || this.counted[id]) return;
    getJson(this.words.values + "?event=" + encodeURIComponent(event) + "&name=" + encodeURIComponent(name)).then(function (answer) {
      if (!answer.values.length) return;
      self.counted[id] = answer.values.map(function (pair) { return [pair[0], "× " + self.figure(pair[1])]; });
      self.box.firstChild.replaceWith(self.datalists());
    }, function () {});
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
      if (this.root.items.length) this.note(rail, this.say.unfinished);
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
        document.querySelectorAll("[data-rule-count]").forEach(function (place) { place.textContent = answer.brief; });
        if (sentence) sentence.textContent = answer.sentence + ".";
      })
      .catch(function () { if (turn === self.turn) self.note(rail, document.body.dataset.offline); });
  };

  B.note = function (rail, text) {
    if (!rail) return;
    rail.closest(".s-rail").classList.remove("s-waiting");
    var note = document.createElement("p");
    note.className = "text-secondary mb-0";
    note.textContent = text;
    rail.replaceChildren(note);
  };

  // ---- problems beside the field they are about

  B.tell = function (problem) {
    this.problem = problem;
    this.clearProblem();
    if (!problem) return;
    // The nearest place around it that has a control.
    var path = problem.path || "$", found = this.paths[path], around;
    while (!found && (around = path.replace(/(\.[^.[\]]*|\[\d+\])$/, "")) !== path) {
      path = around;
      found = this.paths[path];
    }
    var control = found && (this.controls[found.uid + "." + found.field] || this.controls[found.uid + "."]);
    var message = document.createElement("div");
    message.className = "s-problem";
    message.id = this.area.id + "-problem";
    message.setAttribute("role", "alert");
    message.textContent = problem.message;
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
      getJson(area.dataset.words).then(function (words) {
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
  // Ctrl+Z among the sentences, where the change of one control may have moved others.
  document.addEventListener("keydown", function (event) {
    var box = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target.closest(".s-builder");
    var area = box && box.previousElementSibling;
    if (!area || !area.quenBuilder || !area.quenBuilder.step) return;
    event.preventDefault();
    area.quenBuilder.step(event.shiftKey ? 1 : -1);
  });
  document.addEventListener("htmx:load", function (event) { mount(event.target.parentNode || document); });
  mount(document);
})();
