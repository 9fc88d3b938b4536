// Shows what the server tells over one stream. All texts come from it as sentences and are put in
// as text, never as HTML.
"use strict";

(() => {
  const words = document.body.dataset;
  const one = (selector, root = document) => root.querySelector(selector);
  const seen = new Map(); // step -> what its box shows, so that it is only built anew when it differs
  const marks = new Map(); // step -> mark, so that a change can be said

  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name === "dataset") Object.assign(element.dataset, value);
      else element[name] = value;
    }
    element.append(...children);
    return element;
  };

  const say = (text) => {
    one("#labctl-said").textContent = text;
  };

  const show = (element, text) => {
    if (!element) return;
    element.hidden = !text;
    if (text && element.textContent !== text) element.textContent = text;
  };

  // Commands

  const block = (text, key) => {
    const pre = make("pre", { tabIndex: 0, dataset: { key: `${key} pre` } }, make("code", { textContent: text }));
    const button = make("button", {
      type: "button", className: "copy", textContent: words.copy, dataset: { key: `${key} copy` },
    });
    return make("div", { className: "command" }, pre, button);
  };

  const copy = async (button) => {
    const text = one("code", button.parentElement).textContent.trimEnd();
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      done = false;
    }
    say(done ? words.copied : words.copyFailed);
    button.textContent = done ? words.copied : words.copyFailed;
    setTimeout(() => { button.textContent = words.copy; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copy(button);
  });
  for (const button of document.querySelectorAll("button.copy")) button.hidden = false;

  // Checks

  const mark = (outcome, text) => make("span", { className: "mark", textContent: text, dataset: { outcome } });

  const check = (found) => {
    const item = make("li", {},
      make("p", { className: "check-title" }, mark(found.outcome, found.mark), make("span", { textContent: found.title })));
    for (const text of found.texts) item.append(make("p", { textContent: text }));
    if (found.evidence.length) {
      const key = `${found.name} evidence`;
      const details = make("details", { dataset: { key } },
        make("summary", { textContent: words.evidence, dataset: { key: `${key} summary` } }));
      for (const [number, evidence] of found.evidence.entries()) {
        details.append(
          make("p", { textContent: evidence.title }),
          make("pre", { tabIndex: 0, dataset: { key: `${key} ${number}` } },
            make("code", { textContent: evidence.lines.join("\n") })),
        );
      }
      item.append(details);
    }
    if (found.see.length) item.append(make("p", { textContent: words.see }));
    for (const command of found.see) item.append(block(command, `${found.name} ${command}`));
    return item;
  };

  // Built anew without losing what the learner has opened, or where the keyboard is.
  const fill = (box, checks) => {
    const open = new Set([...box.querySelectorAll("details[open]")].map((details) => details.dataset.key));
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.key : "";
    one("ul", box).replaceChildren(...checks.map(check));
    for (const element of box.querySelectorAll("[data-key]")) {
      if (open.has(element.dataset.key)) element.open = true;
      if (focused && element.dataset.key === focused) element.focus({ preventScroll: true });
    }
    box.hidden = !checks.length;
  };

  const step = (found) => {
    const row = one(`[data-step="${CSS.escape(found.id)}"]`);
    if (row) {
      const shown = one(".mark", row);
      shown.textContent = found.mark;
      shown.dataset.outcome = found.outcome;
      one(".said", row).textContent = found.said;
    }
    const box = one(`[data-checks="${CSS.escape(found.id)}"]`);
    const content = JSON.stringify(found.checks);
    if (box && seen.get(found.id) !== content) {
      seen.set(found.id, content);
      fill(box, found.checks);
    }
  };

  // The stream

  const changes = (steps) => {
    const said = [];
    for (const found of steps) {
      if (marks.has(found.id) && marks.get(found.id) !== found.mark) {
        said.push(words.changed.replace("{title}", found.title).replace("{mark}", found.mark));
      }
      marks.set(found.id, found.mark);
    }
    return said;
  };

  const state = (news) => {
    news.steps.forEach(step);
    show(one(".summary"), news.summary);
    show(one(".how"), news.how);
    show(one(".away"), news.away);
    one(".done").hidden = !news.passed;
    const open = news.steps.find((found) => found.outcome !== "pass");
    one(".next").hidden = !news.known || !open || !["fail", "blocked"].includes(open.outcome);
    if (open) one(".next code").textContent = `labctl hint ${open.id}`;
    const said = changes(news.steps);
    if (news.away) said.unshift(news.away);
    if (said.length) say(said.join(". "));
    document.body.dataset.live = "yes";
  };

  if (!words.events) return;
  show(one(".how"), words.firstLook);
  const source = new EventSource(words.events);
  const lost = (text) => {
    show(one(".away"), text);
    say(text);
    document.body.dataset.live = "no";
  };
  source.addEventListener("state", (event) => state(JSON.parse(event.data)));
  source.addEventListener("end", (event) => {
    source.close();
    lost(words.ended.replace("{reason}", JSON.parse(event.data).reason));
  });
  source.addEventListener("error", () => lost(words.lost));
  addEventListener("pagehide", () => source.close());
})();
