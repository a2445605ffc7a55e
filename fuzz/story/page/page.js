"use strict";
(async () => {
  const AT = [60, 190, 375, 500, 600, 715]; // where each lane is, in pixels
  const WIDTH = 770, ROW = 20, TOP = 26, CHAR = 7.9;
  const SHEET = 46; // rows that are printed in one piece
  const MOST = 5000; // rows that are printed at all

  // unpack reads the runs out of the page.
  async function unpack() {
    const bytes = Uint8Array.from(atob($("data").textContent), (c) => c.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(plain).text());
  }

  // A view is one run on the page.
  class View {
    constructor(run, section) {
      this.run = run;
      this.section = section;
      this.scroller = section.querySelector(".scroller");
      this.space = section.querySelector(".space");
      this.svg = section.querySelector("svg");
      this.scroller.addEventListener("scroll", () => this.draw());
      this.layout();
      this.heads();
    }

    // layout finds the row at which each step that is shown begins. Rows are of
    // a step's line, of its moves, or of steps that are left out.
    layout() {
      this.rows = [];
      this.rowOf = [];
      let left = 0;
      this.run.Steps.forEach((s, i) => {
        const kept = all || s.M || i === at;
        if (!kept) {
          if (left++ === 0) this.rows.push({ gap: i, n: 0 });
          this.rows[this.rows.length - 1].n = left;
          this.rowOf[i] = this.rows.length - 1;
          return;
        }
        left = 0;
        this.rowOf[i] = this.rows.length;
        this.rows.push({ step: i });
        for (const m of s.V || []) if (all || !m[3]) this.rows.push({ step: i, move: m });
      });
      const wide = this.scroller.clientWidth || WIDTH;
      this.zoom = Math.min(1, wide / WIDTH);
      this.wide = wide / this.zoom;
      this.space.style.height = (this.rows.length * ROW + TOP + 40) * this.zoom + "px";
    }

    // draw draws the rows that are in view.
    draw() {
      const zoom = this.zoom, top = this.scroller.scrollTop / zoom;
      const height = this.scroller.clientHeight / zoom;
      const first = Math.max(0, Math.floor((top - TOP) / ROW) - 1);
      const last = Math.min(this.rows.length, Math.ceil((top + height) / ROW) + 1);
      this.svg.setAttribute("width", this.wide * zoom);
      this.svg.setAttribute("height", height * zoom);
      this.svg.style.top = top * zoom + "px";
      this.paint(this.svg, first, last, top, height);
    }

    // paint draws rows from first to last into a picture that begins at top.
    paint(svg, first, last, top, height) {
      const shift = (r) => TOP + r * ROW - top;
      svg.replaceChildren();
      svg.setAttribute("viewBox", `0 0 ${this.wide} ${height}`);
      this.bands(svg, first, last, shift);
      AT.forEach((x, i) => this.run.Lanes[i] &&
        element(svg, "line", { class: "lane", x1: x, x2: x, y1: TOP, y2: height }));
      for (let r = first; r < last; r++) this.row(svg, this.rows[r], shift(r));
      element(svg, "rect", { class: "top", x: 0, y: 0, width: this.wide, height: TOP - 4 });
      this.run.Lanes.forEach((name, i) => element(svg, "text",
        { class: "lane", x: AT[i], y: 15, "text-anchor": "middle" }, name));
    }

    // print draws all rows, in pieces that fit a sheet of paper each.
    print() {
      const to = this.section.querySelector(".printed"), wide = this.wide;
      const end = Math.min(this.rows.length, MOST);
      to.replaceChildren();
      this.wide = WIDTH;
      for (let r = 0; r < end; r += SHEET) {
        const last = Math.min(end, r + SHEET);
        const svg = element(to, "svg", {});
        this.paint(svg, r, last, r * ROW, (last - r) * ROW + TOP);
      }
      if (end < this.rows.length) html(to, "p", "... and " + (this.rows.length - end) + " lines more");
      this.wide = wide;
    }

    // bands colour the step that is looked at and those that are marked.
    bands(svg, first, last, shift) {
      for (let r = first; r < last; r++) {
        const s = this.rows[r].step;
        if (s === undefined) continue;
        const kind = s === at ? "now" : this.run.Steps[s].K && !this.rows[r].move ? "bad" : "";
        const box = { class: kind, x: 0, y: shift(r), width: this.wide, height: ROW };
        if (kind) element(svg, "rect", box);
      }
    }

    row(svg, row, y) {
      this.current = row.step === at;
      if (row.gap !== undefined) {
        const s = this.run.Steps, a = Math.max(1, s[row.gap].N), b = s[row.gap + row.n - 1].N;
        const g = element(svg, "g", { class: "gap", "aria-hidden": true });
        this.label(g, 14, y, "··  step" + (a >= b ? " " + b : "s " + a + " to " + b), "gap");
        g.addEventListener("click", () => go(row.gap + row.n - 1));
      } else if (row.move) this.move(svg, row.move, y);
      else this.step(svg, row.step, y);
    }

    // label writes text so that lanes do not run through it. What is too long is
    // cut, and told in full to who points at it.
    label(parent, x, y, text, kind, anchor) {
      const room = Math.floor((anchor === "end" ? x : WIDTH - (anchor === "middle" ? 90 : x)) / CHAR) - 1;
      const cut = text.length > room ? text.slice(0, Math.max(1, room - 1)) + "…" : text;
      const w = cut.length * CHAR + 6;
      if (anchor === "middle") x = Math.min(Math.max(x, w / 2 + 4), WIDTH - w / 2);
      const left = anchor === "end" ? x - w + 3 : anchor === "middle" ? x - w / 2 : x - 3;
      if (kind !== "head" && kind !== "mark")
        element(parent, "rect", { class: this.current ? "under now" : "under", x: left, y: y + 3,
          width: w, height: ROW - 6 });
      const e = element(parent, "text", { class: kind || "", x, y: y + 14,
        "text-anchor": anchor || "start" }, cut);
      if (cut !== text) element(e, "title", {}, text);
    }

    step(svg, i, y) {
      const s = this.run.Steps[i], g = element(svg, "g", { class: "step", "aria-hidden": true });
      element(g, "rect", { x: 0, y, width: this.wide, height: ROW, opacity: 0 });
      const text = (s.N ? s.N + "  " : "") + this.run.Words[s.T] + (s.H ? "  (quiescing)" : "");
      this.label(g, 14, y, text, "head");
      const mark = [this.run.Words[s.K], i === this.run.Differs ? "the first difference" : ""]
        .filter((m) => m).join("; ");
      if (mark) this.label(g, 24 + text.length * CHAR, y, "◀ " + mark, "mark");
      g.addEventListener("click", () => go(i));
    }

    move(svg, m, y) {
      const [from, to, word, aside] = m, text = this.run.Words[word], a = aside ? " aside" : "";
      const mid = y + ROW / 2;
      if (from === to) {
        element(svg, "circle", { cx: AT[from], cy: mid, r: 3.5 });
        const end = from === 5;
        this.label(svg, AT[from] + (end ? -10 : 10), y, text, aside ? "aside" : "note",
          end ? "end" : "start");
        return;
      }
      const x1 = AT[from], x2 = AT[to], way = x2 > x1 ? 1 : -1;
      element(svg, "line", { class: "arrow" + a, x1, x2: x2 - way * 6, y1: mid, y2: mid });
      element(svg, "path", { class: "head" + a,
        d: `M${x2 - way * 1} ${mid}l${-way * 9} -4.5v9z` });
      this.label(svg, (x1 + x2) / 2, y, text, aside ? "aside" : "", "middle");
    }

    // show brings a step into view and tells the state after it.
    show(scroll) {
      if (scroll) {
        const y = this.rowOf[Math.min(at, this.rowOf.length - 1)] * ROW * this.zoom;
        const s = this.scroller, h = s.clientHeight;
        if (y < s.scrollTop || y > s.scrollTop + h - 8 * ROW) s.scrollTop = Math.max(0, y - h / 3);
      }
      this.draw();
      this.state();
    }

    heads() {
      const tr = html(this.section.querySelector("thead"), "tr");
      html(tr, "td");
      this.run.Ends.forEach((e) => { html(tr, "th", e).scope = "col"; });
    }

    state() {
      const i = Math.min(at, this.run.Steps.length - 1), s = this.run.Steps[i];
      const before = i > 0 ? this.run.Steps[i - 1].S : null;
      this.section.querySelector(".at").textContent = s.N;
      const body = this.section.querySelector("tbody");
      const moves = this.section.querySelector(".moves");
      body.replaceChildren();
      moves.replaceChildren();
      if (s.S) this.ends(body, s.S, before);
      for (const m of s.V || []) {
        const [from, to] = m.map((lane) => this.run.Lanes[lane]);
        const way = from === to ? from : from + " → " + to;
        html(moves, "li", way + ": " + this.run.Words[m[2]], m[3] ? "aside" : "");
      }
      if (!(s.V || []).length) html(moves, "li", "nothing moved", "aside");
    }

    // ends tells of both ends what they hold, wait for and owe.
    ends(body, state, before) {
      const words = (state, k) => state && state.map((e) => this.run.Words[e.W[k]]);
      this.run.Holds.forEach((name, k) => {
        if (k === 0) this.group(body, "on its way out");
        if (k === this.run.Inward) this.group(body, "on its way in");
        this.holds(body, name, k, state, before);
      });
      this.group(body, "waits for");
      this.run.Waits.forEach((name, k) =>
        this.line(body, name, words(state, k), words(before, k)));
      this.group(body, "ledger: what waits, and for which wakeup");
      const dues = [...new Set(state.flatMap((e) => (e.D || []).map((d) => d[0])))];
      dues.forEach((word) => this.due(body, word, state));
      if (!dues.length) this.line(body, "nothing", state.map(() => ""), null);
    }

    group(body, name) {
      const th = html(html(body, "tr", undefined, "group"), "th", name);
      th.colSpan = 3;
      th.scope = "rowgroup";
    }

    // due is a line of the ledger.
    due(body, word, state) {
      const tr = html(body, "tr", undefined, "due"), w = this.run.Words;
      html(tr, "th", w[word]).scope = "row";
      for (const e of state) {
        const d = (e.D || []).find((d) => d[0] === word);
        const td = html(tr, "td", undefined, d ? "due" + (d[3] ? " lost" : "") : "zero");
        if (!d) {
          td.textContent = "–";
          continue;
        }
        if (d[1]) html(td, "span", d[1] + (d[1] === 1 ? " byte" : " bytes"));
        html(td, "span", (d[3] ? "✗ no wakeup; it takes " : "✓ ") + w[d[2]]);
      }
    }

    line(body, name, values, before) {
      const tr = html(body, "tr");
      html(tr, "th", name).scope = "row";
      values.forEach((v, k) => html(tr, "td", v, before && before[k] !== v ? "changed" : ""));
      return tr;
    }

    holds(body, name, k, state, before) {
      const tr = html(body, "tr"), limit = this.run.Limits[k];
      html(tr, "th", name).scope = "row";
      state.forEach((e, i) => {
        const n = e.H[k], changed = before && before[i].H[k] !== n;
        if (n < 0) {
          html(tr, "td", "not seen", "zero");
          return;
        }
        const td = html(tr, "td", undefined, (changed ? "changed" : "") + (n ? "" : " zero"));
        if (limit && n) {
          const m = html(td, "meter");
          m.max = limit;
          m.value = n;
          m.setAttribute("aria-label", name);
        }
        td.append(limit ? n + " of " + limit : "" + n);
      });
    }

    // says is the step in words, for a screen reader.
    says() {
      const s = this.run.Steps[Math.min(at, this.run.Steps.length - 1)], w = this.run.Words;
      return "step " + s.N + ": " + w[s.T] + (s.K ? ", " + w[s.K] : "") + ". " +
        (s.V || []).filter((m) => !m[3]).map((m) => this.run.Lanes[m[1]] + " " + w[m[2]]).join(", ");
    }

    matches(i, text) {
      const s = this.run.Steps[i], w = this.run.Words;
      if (!s) return false;
      return [w[s.T], w[s.K]].concat((s.V || []).map((m) => w[m[2]]))
        .some((t) => t.toLowerCase().includes(text));
    }
  }

  let at = 0, all = false, timer = 0;
  const runs = await unpack();
  $("runs").classList.toggle("two", runs.length > 1);
  const sections = document.querySelectorAll(".run");
  const views = runs.map((r, i) => new View(r, sections[i]));
  const end = Math.max(...runs.map((r) => r.Steps.length)) - 1;
  const lost = runs[0].Lost || runs[0].Found;
  const lostAt = runs[0].Steps.findIndex((s) => s.N === lost && lost > 0);

  function go(i, quiet) {
    const was = at;
    at = Math.max(0, Math.min(end, i));
    $("scrub").value = at;
    const last = (r) => r.Steps[r.Steps.length - 1].N;
    $("where").textContent = runs.map((r) => (r.Steps[at] ? r.Steps[at].N : last(r)) + " of " +
      last(r)).join(", ");
    $("scrub").setAttribute("aria-valuetext", views[0].says());
    views.forEach((v) => {
      if (!all && was !== at) v.layout();
      v.show(true);
    });
    if (!quiet) $("live").textContent = views.map((v) => v.says()).join(" Other run: ");
    document.body.dataset.at = at;
  }

  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => (at < end ? go(at + 1) : play(false)), 500) : 0;
    $("play").setAttribute("aria-pressed", on);
    $("play").textContent = on ? "pause" : "play";
  }

  // seek goes to the next step that has the text, or with way -1 to the one
  // before, round the end.
  function seek(from, way = 1) {
    const text = $("find").value.trim().toLowerCase();
    if (!text) return ($("found").textContent = "");
    let n = 0, hit = -1;
    for (let k = 0; k <= end; k++) {
      const i = (from + way * k + 2 * (end + 1)) % (end + 1);
      if (!views.some((v) => v.matches(i, text))) continue;
      n++;
      if (hit < 0) hit = i;
    }
    $("found").textContent = n ? n + " steps" : "no step has that";
    if (hit >= 0) go(hit);
  }

  // marks shows on the track where something is marked.
  function marks() {
    const svg = $("marks"), unit = Math.max(1, end);
    svg.setAttribute("viewBox", `0 0 ${unit} 1`);
    for (const r of runs) r.Steps.forEach((s, i) => {
      const w = unit / 200;
      if (s.K || i === r.Differs) element(svg, "rect", { x: i - w / 2, y: 0, width: w, height: 1 });
    });
    svg.style.overflow = "visible";
  }

  function every(on) {
    all = on;
    $("all").checked = on;
    views.forEach((v) => { v.layout(); v.show(true); });
  }

  const keys = {
    ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1),
    Home: () => go(0), End: () => go(end),
    " ": () => play(!timer), l: () => lostAt >= 0 && go(lostAt), a: () => every(!all),
    PageDown: () => go(at + 10), PageUp: () => go(at - 10),
    n: () => seek(at + 1), N: () => seek(at - 1, -1), "/": () => $("find").focus(),
    d: () => runs[0].Differs >= 0 && go(runs[0].Differs),
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey) return;
    const typing = e.target.id === "find", control = e.target.tagName === "BUTTON";
    if (typing) {
      if (e.key === "Enter") seek(at + 1);
      if (e.key === "Escape") {
        e.preventDefault(); // which would empty the field
        e.target.blur();
      }
      return;
    }
    if (!keys[e.key] || e.key === " " && (control || e.target.type === "checkbox")) return;
    e.preventDefault();
    keys[e.key]();
  });
  $("first").onclick = keys.Home;
  $("prev").onclick = keys.ArrowLeft;
  $("next").onclick = keys.ArrowRight;
  $("last").onclick = keys.End;
  $("play").onclick = keys[" "];
  $("lost").onclick = keys.l;
  $("lost").hidden = lostAt < 0;
  if (!runs[0].Lost && lostAt >= 0) $("lost").textContent = "broken rule";
  $("differs").hidden = runs.length < 2;
  $("differs").disabled = runs[0].Differs < 0;
  if (runs[0].Differs < 0) $("differs").textContent = "no difference";
  $("differs").onclick = keys.d;
  $("all").onchange = (e) => every(e.target.checked);
  $("find").oninput = () => seek(at);
  $("scrub").max = end;
  $("scrub").oninput = (e) => go(+e.target.value);
  window.addEventListener("resize", () => views.forEach((v) => { v.layout(); v.draw(); }));
  window.addEventListener("beforeprint", () => views.forEach((v) => v.print()));
  marks();
  go(lostAt >= 0 ? lostAt : 0, true);
  document.body.dataset.ready = "true";
})();
