"use strict";
(() => {
  const EVERY = 1000; // milliseconds between two looks
  const WIDTH = 320, HEIGHT = 130, LEFT = 44, BOTTOM = 18, TOP = 8;

  // short writes a number for people.
  function short(n) {
    if (n >= 1e7) return (n / 1e6).toFixed(0) + " M";
    if (n >= 1e6) return (n / 1e6).toFixed(1) + " M";
    return Math.round(n).toLocaleString("en");
  }

  function time(seconds) {
    const s = Math.round(seconds), two = (n) => String(n).padStart(2, "0");
    const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return (h ? h + ":" + two(m) : m) + ":" + two(s % 60);
  }

  // rates are how fast a figure grew between each two samples: pairs of seconds
  // and value.
  function rates(samples, key) {
    const points = [];
    for (let i = 1; i < samples.length; i++) {
      const a = samples[i - 1], b = samples[i], dt = b.Seconds - a.Seconds;
      if (dt > 0) points.push([b.Seconds, (b[key] - a[key]) / dt]);
    }
    return points;
  }

  const levels = (samples, key) => samples.map((s) => [s.Seconds, s[key]]);

  const charts = [
    { name: "schedules/s", of: (s) => rates(s, "Schedules") },
    { name: "steps/s", of: (s) => rates(s, "Steps") },
    { name: "cells reached", of: (s) => levels(s, "Cells") },
    { name: "states reached", of: (s) => levels(s, "States") },
  ];

  for (const c of charts) {
    const figure = html($("charts"), "figure");
    html(figure, "figcaption", c.name);
    c.svg = element(figure, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  }

  // scale is a round number, at least the largest value.
  function scale(most) {
    const unit = Math.pow(10, Math.floor(Math.log10(Math.max(most, 1))));
    return [1, 2, 5, 10].map((k) => k * unit).find((n) => n >= most);
  }

  function draw(chart, state) {
    const points = chart.of(state.Samples), svg = chart.svg;
    const most = scale(Math.max(1, ...points.map((p) => p[1])));
    const end = Math.max(1, state.Now.Seconds);
    const x = (t) => LEFT + (Math.min(t, end) / end) * (WIDTH - LEFT - 6);
    const y = (v) => HEIGHT - BOTTOM - (v / most) * (HEIGHT - BOTTOM - TOP);
    svg.replaceChildren();
    for (const v of [0, most / 2, most]) {
      element(svg, "line", { class: "grid", x1: LEFT, x2: WIDTH - 6, y1: y(v), y2: y(v) });
      element(svg, "text", { x: LEFT - 5, y: y(v) + 4, "text-anchor": "end" }, short(v));
    }
    element(svg, "text", { x: LEFT, y: HEIGHT - 4 }, "0:00");
    element(svg, "text", { x: WIDTH - 6, y: HEIGHT - 4, "text-anchor": "end" }, time(end));
    if (points.length) {
      const line = points.map((p) => x(p[0]).toFixed(1) + "," + y(p[1]).toFixed(1)).join(" ");
      const first = x(points[0][0]), last = x(points[points.length - 1][0]);
      element(svg, "polygon", { class: "area",
        points: `${first},${y(0)} ${line} ${last},${y(0)}` });
      element(svg, "polyline", { class: "curve", points: line });
    }
    for (const f of state.Finds) {
      const mark = element(svg, "line", { class: "found", x1: x(f.Seconds), x2: x(f.Seconds), y1: TOP,
        y2: y(0) });
      element(mark, "title", {}, f.Property + " at " + time(f.Seconds));
    }
    const now = points.length ? points[points.length - 1][1] : 0;
    svg.setAttribute("aria-label", `${chart.name}: now ${short(now)}, at most ${
      short(Math.max(0, ...points.map((p) => p[1])))}, ${state.Finds.length} failures`);
  }

  function figures(state) {
    const n = state.Now, seconds = Math.max(n.Seconds, 1e-9), list = $("figures");
    list.replaceChildren();
    for (const [name, value] of [["schedules", short(n.Schedules)],
      ["schedules/s", short(n.Schedules / seconds)], ["steps/s", short(n.Steps / seconds)],
      ["cells", short(n.Cells)], ["states", short(n.States)], ["time", time(n.Seconds)]]) {
      const card = html(list, "div");
      html(card, "dt", name);
      html(card, "dd", value);
    }
    const far = $("far"), all = n.Seconds + state.Left;
    far.hidden = state.Left < 0;
    far.value = all > 0 ? n.Seconds / all : 0;
    $("left").textContent = state.Left < 0 ? "no end is set" : time(state.Left) + " left";
  }

  let told = 0; // failures
  function finds(state) {
    const body = $("finds").querySelector("tbody");
    for (const f of state.Finds.slice(told)) {
      const tr = html(body, "tr");
      html(html(tr, "td", undefined, "property"), "a", f.Property).href = "/finds/" + f.Number;
      html(tr, "td", f.What);
      html(tr, "td", f.Scenario);
      html(tr, "td", f.Schedule.toLocaleString("en"), "number");
      html(tr, "td", time(f.Seconds), "number");
      html(tr, "td", f.Actions, "number");
      html(html(tr, "td"), "a", f.Path).href = "/finds/" + f.Number + ".script";
      $("live").textContent = "found: " + f.Property + " at the " + f.End;
    }
    told = state.Finds.length;
    $("count").textContent = told;
    $("none").hidden = told > 0;
    $("finds").hidden = told === 0;
  }

  function status(text, off) {
    $("status").textContent = text;
    $("status").classList.toggle("off", off);
  }

  async function look() {
    try {
      const answer = await fetch("/state.json");
      const state = await answer.json();
      figures(state);
      charts.forEach((c) => draw(c, state));
      finds(state);
      status(state.Shrinking ? "shrinking a failure: " + state.Shrinking : "running", false);
      document.body.dataset.looks = +(document.body.dataset.looks || 0) + 1;
      document.body.dataset.ready = "true";
      setTimeout(look, EVERY);
    } catch {
      status("the hunt has ended", true);
      $("left").textContent = "";
      document.body.dataset.over = "true";
    }
  }
  look();
})();
