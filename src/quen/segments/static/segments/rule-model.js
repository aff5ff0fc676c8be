// A rule as the builder works on it: JSON in, JSON out. No DOM here.
// What the builder has no sentence for (a part that is not of the grammar) is kept as JSON, never lost.
(function () {
  "use strict";
  var next = 1;

  function node(kind, fields) {
    return Object.assign({ kind: kind, uid: next++ }, fields);
  }

  // The same again, as parts of their own.
  function copy(part) {
    if (Array.isArray(part)) return part.map(copy);
    if (!part || typeof part !== "object") return part;
    var made = {};
    Object.keys(part).forEach(function (key) { made[key] = key === "uid" ? next++ : copy(part[key]); });
    return made;
  }

  function operand(fields) {
    return Object.assign({ value: "", values: [], from: "", to: "", n: "7", unit: "d" }, fields);
  }

  function duration(text) {
    var match = /^(\d+)(mo|[mhdw])$/.exec(text || "");
    if (!match) return { n: "", unit: "d" };
    if (match[2] === "w") return { n: String(match[1] * 7), unit: "d" };
    if (match[2] === "mo") return { n: String(match[1] * 30), unit: "d" };
    return { n: match[1], unit: match[2] };
  }

  // ---- JSON → model. `aggregates`: the names of those there are.

  function fromRule(rule, aggregates) {
    var read = fromCondition(rule, aggregates);
    return read.kind === "group" ? read : node("group", { mode: "all", items: [read] });
  }

  function fromCondition(rule, aggregates) {
    function group(mode, parts) {
      return node("group", { mode: mode, items: parts.map(function (part) { return fromCondition(part, aggregates); }) });
    }
    if (!isKnown(rule, aggregates)) return raw(rule);
    if (rule.all) return group("all", rule.all);
    if (rule.any) return group("any", rule.any);
    if (rule.not) {
      if (rule.not.any) return group("none", rule.not.any);
      if (askedOf(rule.not) && isKnown(rule.not)) return node("segment", { of: askedOf(rule.not), id: rule.not[askedOf(rule.not)], negated: true });
      return group("none", [rule.not]);
    }
    if (askedOf(rule)) return node("segment", { of: askedOf(rule), id: rule[askedOf(rule)], negated: false });
    if (rule.sample) return node("sample", { percent: String(rule.sample.percent), salt: String(rule.sample.salt) });
    if (rule.sequence) return fromSequence(rule);
    return "event" in rule ? fromEvent(rule, aggregates) : node("trait", test(rule, { name: rule.trait }));
  }

  // Whether there is a sentence for it, with nothing left over.
  function isKnown(rule, aggregates) {
    function filters(where) { return where === undefined || (Array.isArray(where) && where.every(filter)); }
    function filter(each) {
      if (each && (each.all || each.any)) return only(each, [each.all ? "all" : "any"]) && filters(each.all || each.any);
      if (each && each.not) return only(each, ["not"]) && filter(each.not);
      return only(each, ["property", "op", "value", "within"]);
    }
    function step(each) { return only(each, ["event", "not", "within", "where"]) && filters(each.where); }
    if (!rule || typeof rule !== "object") return false;
    var kind = ["all", "any", "not", "trait", "sample", "event", "sequence"].find(function (key) { return key in rule; }) || askedOf(rule);
    switch (kind) {
      case "all": case "any": return only(rule, [kind]) && Array.isArray(rule[kind]);
      case "not": return only(rule, ["not"]) && Boolean(rule.not) && (!("any" in rule.not) || isKnown(rule.not, aggregates));
      case "trait": return only(rule, ["trait", "op", "value", "within"]) && typeof rule.trait === "string";
      case "sample": return only(rule, ["sample"]) && only(rule.sample, ["percent", "salt"]);
      case "sequence": return only(rule, ["sequence", "within", "in_last"]) && Array.isArray(rule.sequence) && rule.sequence.every(step);
      case "event": return isEvent(rule, aggregates) && filters(rule.where);
      default: return Boolean(kind) && only(rule, [kind]);
    }
  }

  function isEvent(rule, aggregates) {
    var given = aggregates.filter(function (name) { return rule[name]; });
    if (typeof rule.event !== "string" || given.length > 1 || !only(rule, ["event", "where", "within", "between"].concat(given))) return false;
    return !given.length || only(rule[given[0]], ["property", "op", "value", "within"]);
  }

  // An object with no other keys than these.
  function only(each, keys) {
    return Boolean(each) && typeof each === "object" && !Array.isArray(each)
      && Object.keys(each).every(function (key) { return keys.indexOf(key) >= 0; });
  }

  // Conditions that only name one thing, `{"list": "ID"}`: which of them this is.
  function askedOf(rule) {
    return ["segment", "list", "reachable", "consent"].find(function (kind) { return typeof rule[kind] === "string"; });
  }

  function raw(rule) {
    return node("raw", { text: JSON.stringify(rule) });
  }

  function test(rule, fields) {
    var read = operand({});
    if (Array.isArray(rule.value)) {
      if (rule.op === "between") { read.from = rule.value[0]; read.to = rule.value[1]; } else { read.values = rule.value.slice(); }
    } else if (rule.value !== undefined) {
      read.value = rule.value;
    }
    if (rule.within) Object.assign(read, duration(rule.within));
    return Object.assign({ op: rule.op || "eq", operand: read }, fields);
  }

  function fromEvent(rule, aggregates) {
    var given = aggregates.find(function (name) { return rule[name]; });
    var aggregate = given || "count", spec = given ? rule[given] : { op: "gte", value: 1 };
    var did = !(aggregate === "count" && spec.op === "eq" && spec.value === 0);
    var when = { kind: "ever", n: "30", unit: "d", from: "", to: "" };
    if (rule.within) Object.assign(when, duration(rule.within), { kind: "within" });
    if (rule.between) Object.assign(when, { kind: "between", from: rule.between[0], to: rule.between[1] });
    var read = test(spec, { name: rule.event, aggregate: aggregate, property: spec.property || "", did: did, when: when });
    if (!did) { read.op = "gte"; read.operand.value = 1; }
    read.where = fromWhere(rule.where);
    read.counted = Boolean(rule.count); // written out, though "at least once" goes without saying
    return node("event", read);
  }

  // Filters of an event: of a property, or a group of filters with a mode as groups of conditions have.
  function fromWhere(where) {
    return (where || []).map(fromFilter);
  }

  function fromFilter(filter) {
    var read = filter && typeof filter === "object" ? filter : {};
    if (Array.isArray(read.all)) return node("filters", { mode: "all", where: fromWhere(read.all) });
    if (Array.isArray(read.any)) return node("filters", { mode: "any", where: fromWhere(read.any) });
    if (read.not) return node("filters", { mode: "none", where: fromWhere(Array.isArray(read.not.any) ? read.not.any : [read.not]) });
    return node("filter", test(read, { name: String(read.property || "") }));
  }

  function fromSequence(rule) {
    return node("sequence", {
      steps: rule.sequence.map(function (step) {
        var gap = Object.assign({ n: "1", unit: "h" }, step.within ? duration(step.within) : {}, { on: Boolean(step.within) });
        return node("step", { name: step.event || "", done: !step.not, gap: gap, where: fromWhere(step.where) });
      }),
      span: duration(rule.within),
      recent: Object.assign({ n: "30", unit: "d" }, rule.in_last ? duration(rule.in_last) : {}, { on: Boolean(rule.in_last) }),
    });
  }

  // A step that was not done has a time of its own only at the end.
  function mayHaveGap(one, index) {
    if (!index) return false;
    return one.steps[index].done || one.steps.slice(index).every(function (step) { return !step.done; });
  }

  // ---- model → JSON. `at(path, node, field)` is told which control each place of the rule comes from.

  function toRule(group, kinds, at) {
    return toCondition(group, "$", kinds, at);
  }

  function toCondition(one, path, kinds, at) {
    at(path, one, "");
    if (one.kind === "group") {
      var inner = one.mode === "none" ? path + ".not.any" : path + "." + one.mode;
      var items = one.items.map(function (item, index) { return toCondition(item, inner + "[" + index + "]", kinds, at); });
      if (one.mode === "none") return { not: { any: items } };
      return one.mode === "all" ? { all: items } : { any: items };
    }
    if (one.kind === "raw") {
      try { return JSON.parse(one.text); } catch (error) { return { "?": one.text }; }
    }
    if (one.kind === "segment") {
      at(path + (one.negated ? ".not." : ".") + one.of, one, "id");
      var asked = {};
      asked[one.of] = one.id;
      return one.negated ? { not: asked } : asked;
    }
    if (one.kind === "sample") {
      at(path + ".sample.percent", one, "percent");
      return { sample: { percent: number(one.percent, kinds.language), salt: one.salt } };
    }
    if (one.kind === "trait") {
      at(path + ".trait", one, "name");
      return Object.assign({ trait: one.name }, fromTest(one, path, kinds, at));
    }
    if (one.kind === "sequence") return fromSequenceNode(one, path, kinds, at);
    return fromEventNode(one, path, kinds, at);
  }

  function fromEventNode(one, path, kinds, at) {
    at(path + ".event", one, "name");
    var rule = { event: one.name };
    if (!one.did) {
      rule.count = { op: "eq", value: 0 };
    } else {
      var spec = {};
      if (one.aggregate !== "count") { spec.property = one.property; at(path + "." + one.aggregate + ".property", one, "property"); }
      Object.assign(spec, fromTest(one, path + "." + one.aggregate, kinds, at));
      if (one.counted || one.aggregate !== "count" || spec.op !== "gte" || spec.value !== 1) rule[one.aggregate] = spec;
    }
    if (one.when.kind === "within") {
      rule.within = one.when.n + one.when.unit;
      at(path + ".within", one, "when.n");
    } else if (one.when.kind === "between") {
      rule.between = [one.when.from, one.when.to];
      at(path + ".between", one, "when.to");
      at(path + ".between[0]", one, "when.from");
      at(path + ".between[1]", one, "when.to");
    }
    if (one.where.length) rule.where = toWhere(one.where, path + ".where", kinds, at);
    return rule;
  }

  function toWhere(filters, path, kinds, at) {
    return filters.map(function (filter, index) {
      var here = path + "[" + index + "]";
      at(here, filter, "");
      if (filter.kind === "filters") {
        var inner = filter.mode === "none" ? here + ".not.any" : here + "." + filter.mode;
        var parts = toWhere(filter.where, inner, kinds, at);
        if (filter.mode === "none") return { not: { any: parts } };
        return filter.mode === "all" ? { all: parts } : { any: parts };
      }
      at(here + ".property", filter, "name");
      return Object.assign({ property: filter.name }, fromTest(filter, here, kinds, at));
    });
  }

  function fromSequenceNode(one, path, kinds, at) {
    at(path + ".within", one, "span.n");
    at(path + ".in_last", one, "recent.n");
    var rule = {
      sequence: one.steps.map(function (step, index) {
        var here = path + ".sequence[" + index + "]", made = { event: step.name };
        at(here, step, "");
        at(here + ".event", step, "name");
        at(here + ".not", step, "done");
        at(here + ".within", step, "gap.n");
        if (index && !step.done) made.not = true;
        if (step.gap.on && mayHaveGap(one, index)) made.within = step.gap.n + step.gap.unit;
        if (step.where.length) made.where = toWhere(step.where, here + ".where", kinds, at);
        return made;
      }),
      within: one.span.n + one.span.unit,
    };
    if (one.recent.on) rule.in_last = one.recent.n + one.recent.unit;
    return rule;
  }

  function fromTest(one, path, kinds, at) {
    var rule = { op: one.op }, read = one.operand, kind = kinds.operand(one);
    at(path + ".op", one, "op");
    at(path + ".value", one, kind === "range" ? "to" : kind === "list" ? "values" : "value");
    at(path + ".within", one, "n");
    if (kind === "range") {
      at(path + ".value[0]", one, "from");
      at(path + ".value[1]", one, "to");
      rule.value = [bound(read.from, kinds.language), bound(read.to, kinds.language)];
    } else if (kind === "list") {
      rule.value = read.values.slice();
    } else if (kind === "number") {
      rule.value = number(read.value, kinds.language);
    } else if (kind === "span") {
      rule.within = read.n + read.unit;
    } else if (kind !== "none") {
      rule.value = read.value;
    }
    return rule;
  }

  // ---- numbers as people write them: 500.000 and 1,5 in Vietnamese, 500,000 and 1.5 in English

  function number(text, language) {
    if (typeof text === "number") return text;
    var plain = String(text).replace(/[\s\u00a0]/g, "");
    var group = language === "en" ? "," : ".", point = language === "en" ? "." : ",";
    var grouped = new RegExp("^[+-]?\\d{1,3}(\\" + group + "\\d{3})+(\\" + point + "\\d+)?$");
    // Habits of the other language, where they can mean nothing else: nobody writes 1,000,000 or 500,000 for 1 and 500.
    var foreign = new RegExp("^[+-]?[1-9]\\d{0,2}(\\" + point + "\\d{3}){2,}$|^[+-]?[1-9]\\d{0,2}\\" + point + "000$");
    if (grouped.test(plain)) plain = plain.split(group).join("");
    else if (foreign.test(plain)) plain = plain.split(point).join("");
    plain = plain.replace(point, ".");
    return /^[+-]?\d+(\.\d+)?$/.test(plain) ? Number(plain) : String(text);
  }

  function shown(value, language) {
    var read = number(value, language);
    return typeof read === "number" ? new Intl.NumberFormat(language, { maximumFractionDigits: 10 }).format(read) : String(value);
  }

  function bound(text, language) {
    var day = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(String(text));
    if (day) return day[3] + "-" + day[2].padStart(2, "0") + "-" + day[1].padStart(2, "0");
    return /^\d{4}-\d\d-\d\d/.test(String(text)) ? text : number(text, language);
  }

  // ---- is every control filled in?

  function isFinished(one, kinds) {
    function filtered(part) { return part.where.every(function (filter) { return isFinished(filter, kinds); }); }
    if (one.kind === "group") return one.items.length > 0 && one.items.every(function (item) { return isFinished(item, kinds); });
    if (one.kind === "raw") { try { JSON.parse(one.text); return true; } catch (error) { return false; } }
    if (one.kind === "segment") return Boolean(one.id);
    if (one.kind === "sample") return one.percent !== "";
    if (one.kind === "filters") return one.where.length > 0 && filtered(one);
    if (one.kind === "sequence") {
      if (!one.span.n || (one.recent.on && !one.recent.n)) return false;
      return one.steps.every(function (step, index) {
        return step.name && filtered(step) && (!step.gap.on || step.gap.n || !mayHaveGap(one, index));
      });
    }
    if (!one.name) return false;
    if (one.kind === "event") {
      if (one.when.kind === "within" && !one.when.n) return false;
      if (one.when.kind === "between" && !(one.when.from && one.when.to)) return false;
      if (one.did && one.aggregate !== "count" && !one.property) return false;
      if (!filtered(one)) return false;
      if (!one.did) return true;
    }
    var read = one.operand;
    switch (kinds.operand(one)) {
      case "none": return true;
      case "range": return read.from !== "" && read.to !== "";
      case "list": return read.values.length > 0;
      case "span": return read.n !== "";
      default: return read.value !== "";
    }
  }

  // Each address is asked once; again only where that failed.
  var answers = {};
  function getJson(url) {
    if (!answers[url]) {
      answers[url] = fetch(url, { headers: { Accept: "application/json" } }).then(function (response) {
        if (!response.ok) throw new Error(response.status);
        return response.json();
      });
      answers[url].catch(function () { delete answers[url]; });
    }
    return answers[url];
  }

  window.quenRule = {
    node: node, copy: copy, operand: operand, fromRule: fromRule, toRule: toRule, isFinished: isFinished, mayHaveGap: mayHaveGap,
    number: number, shown: shown, getJson: getJson,
  };
})();
