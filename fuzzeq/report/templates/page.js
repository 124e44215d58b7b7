"use strict";
// Without this script the page shows everything; it only adds the slider, keys, and copying.
(() => {
  const said = document.getElementById("said");
  let timer = 0;
  const say = (text) => {
    said.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { said.textContent = ""; }, 2000);
  };

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) return say("Copying is not allowed here: select the text instead");
    }
    say("Copied");
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const from = button.dataset.copyFrom;
    copy(from ? document.getElementById(from).textContent : button.dataset.copy);
  });

  const show = (finding, wanted) => {
    const steps = finding.querySelectorAll(".step");
    const input = finding.querySelector(".slider input");
    const number = Math.min(Math.max(wanted, 0), steps.length - 1);
    steps.forEach((step, each) => { step.hidden = each !== number; });
    input.value = number;
    const name = steps[number].getAttribute("aria-label");
    input.setAttribute("aria-valuetext", name);
    finding.querySelector(".slider output").textContent =
      `${name} (${number + 1} of ${steps.length})`;
  };

  const prepare = (finding) => {
    const slider = finding.querySelector(".slider");
    if (!slider || !slider.hidden) return;
    slider.hidden = false;
    const input = slider.querySelector("input");
    input.addEventListener("input", () => show(finding, Number(input.value)));
    slider.querySelector(".previous").addEventListener("click", () => show(finding, input.value - 1));
    slider.querySelector(".next").addEventListener("click", () => show(finding, Number(input.value) + 1));
    show(finding, Number(input.max));
  };

  const findings = () => [...document.querySelectorAll(".finding")];
  const current = () => document.body.classList.contains("alone")
    ? document.querySelector(".finding") : document.querySelector(".finding:target");

  let left = null;
  const arrive = () => {
    const finding = current();
    if (finding) {
      prepare(finding);
      left = finding.id;
      finding.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    } else if (left) {
      const link = document.querySelector(`a[href="#${CSS.escape(left)}"]`);
      left = null;
      if (link) { link.focus(); link.scrollIntoView({ block: "center" }); }
    }
  };
  window.addEventListener("hashchange", arrive);
  arrive();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const finding = current();
    if (!finding || /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
    const input = finding.querySelector(".slider input");
    const alone = document.body.classList.contains("alone");
    if (input && event.key === "ArrowLeft") show(finding, Number(input.value) - 1);
    else if (input && event.key === "ArrowRight") show(finding, Number(input.value) + 1);
    else if (!alone && event.key === "Escape") location.hash = "#main";
    else if (!alone && (event.key === "n" || event.key === "p")) {
      const all = findings();
      const next = all[all.indexOf(finding) + (event.key === "n" ? 1 : -1)];
      if (next) location.hash = `#${next.id}`; else say("That was the last one");
    } else return;
    event.preventDefault();
  });

  const filter = document.getElementById("filter");
  if (filter) {
    filter.closest("p").hidden = false;
    const rows = [...document.querySelectorAll("#findings tbody tr")];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    filter.addEventListener("input", () => {
      const wanted = filter.value.toLowerCase();
      let count = 0;
      rows.forEach((row, number) => {
        const hidden = !texts[number].includes(wanted);
        row.hidden = hidden;
        count += hidden ? 0 : 1;
      });
      say(`${count} of ${rows.length} shown`);
    });
  }
})();
