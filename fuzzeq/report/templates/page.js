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

  const alone = document.body.classList.contains("alone");
  const links = [...document.querySelectorAll("#findings tbody th a")];
  const ids = links.map((link) => link.hash.slice(1));
  let current = null;

  // A page with very many findings has them packed; what is in there was escaped like all else.
  const unpacked = (id) => {
    const pack = document.getElementById(`packed-${id}`);
    if (!pack) return null;
    const holder = document.createElement("template");
    holder.innerHTML = JSON.parse(pack.textContent);
    const finding = holder.content.firstElementChild;
    pack.replaceWith(finding);
    return finding;
  };

  const arrive = () => {
    const id = location.hash.slice(1);
    const found = document.getElementById(id) ?? unpacked(id);
    const finding = found?.closest(".finding") ?? null;
    const left = current;
    if (left && left !== finding) left.classList.remove("shown");
    current = finding;
    if (finding) {
      finding.classList.add("shown");
      prepare(finding);
      finding.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    } else if (left) {
      const link = links[ids.indexOf(left.id)];
      if (link) { link.focus(); link.scrollIntoView({ block: "center" }); }
    }
  };
  if (alone) document.querySelectorAll(".finding").forEach(prepare);
  window.addEventListener("hashchange", arrive);
  arrive();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const finding = current ?? (alone ? document.querySelector(".finding") : null);
    if (!finding) return;
    const input = finding.querySelector(".slider input");
    if (input && event.key === "ArrowLeft") show(finding, Number(input.value) - 1);
    else if (input && event.key === "ArrowRight") show(finding, Number(input.value) + 1);
    else if (!alone && event.key === "Escape") location.hash = "#main";
    else if (!alone && (event.key === "n" || event.key === "p")) {
      const next = ids[ids.indexOf(finding.id) + (event.key === "n" ? 1 : -1)];
      if (next) location.hash = `#${next}`; else say("That was the last one");
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
      document.getElementById("no-match").hidden = count > 0;
      say(`${count} of ${rows.length} shown`);
    });
  }
})();
