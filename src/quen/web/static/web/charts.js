// Draws every [data-chart] from the JSON with that id. Colours come from the theme, so that dark mode follows.
(function () {
  "use strict";
  var drawn = [];

  // The theme's variables are expressions (light-dark(), color-mix()): the browser works them out, one pixel each.
  var probe = document.createElement("span");
  probe.hidden = true;
  document.body.appendChild(probe);
  var pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  function css(name) {
    probe.style.color = "var(" + name + ")";
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = getComputedStyle(probe).color;
    pixel.fillRect(0, 0, 1, 1);
    var at = pixel.getImageData(0, 0, 1, 1).data;
    return "rgba(" + at[0] + "," + at[1] + "," + at[2] + "," + at[3] / 255 + ")";
  }

  function option(data) {
    var ink = css("--tblr-secondary"), line = css("--tblr-border-color"), surface = css("--tblr-bg-surface");
    var number = new Intl.NumberFormat(document.documentElement.lang);
    var rows = data.kind === "rows"; // bars that lie, the first one above
    var names = { type: "category", data: data.labels, inverse: rows, axisLabel: { color: ink, showMaxLabel: true, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } };
    var values = { type: "value", minInterval: 1, axisLabel: { color: ink, hideOverlap: true, formatter: function (value) { return number.format(value); } }, splitLine: { lineStyle: { color: line } } };
    if (rows) Object.assign(names.axisLabel, { interval: 0, width: 128, overflow: "truncate" });
    return {
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      animationDuration: 300,
      animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      color: [css("--tblr-primary"), css("--tblr-orange"), css("--tblr-teal"), css("--tblr-purple")],
      grid: { left: 8, right: 28, top: data.series.length > 1 ? 32 : 12, bottom: 8, containLabel: true },
      legend: data.series.length > 1 ? { type: "scroll", top: 0, left: 0, textStyle: { color: ink }, icon: "roundRect", itemHeight: 8 } : undefined,
      // Rich text: a tooltip made of HTML would need inline styles, which the page's policy forbids.
      tooltip: {
        trigger: "axis", renderMode: "richText", backgroundColor: surface, borderColor: line,
        textStyle: { color: css("--tblr-body-color") }, valueFormatter: function (value) { return number.format(value); },
      },
      xAxis: rows ? values : names,
      yAxis: rows ? names : values,
      series: data.series.map(function (series, place) {
        return {
          name: series.name, data: series.values, type: rows ? "bar" : data.kind || "line", smooth: 0.25, showSymbol: false,
          barMaxWidth: rows ? 18 : 28, lineStyle: { width: 2 }, areaStyle: data.kind !== "line" || place > 0 ? undefined : { opacity: 0.08 },
        };
      }),
    };
  }

  function draw(root) {
    root.querySelectorAll("[data-chart]").forEach(function (box) {
      if (box.dataset.drawn) return;
      box.dataset.drawn = "1";
      var data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
      var chart = window.echarts.init(box, null, { renderer: "canvas" });
      chart.setOption(option(data));
      drawn.push({ chart: chart, data: data });
    });
  }

  draw(document);
  document.addEventListener("htmx:afterSwap", function (event) { draw(event.target); });
  window.addEventListener("resize", function () { drawn.forEach(function (one) { one.chart.resize(); }); });
  new MutationObserver(function () {
    drawn.forEach(function (one) { one.chart.setOption(option(one.data)); });
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
})();
