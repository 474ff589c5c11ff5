// What the labelling page gains where scripts run: keys, quotes by selecting, reasons of the label
// only. Everything works without it.

const form = document.querySelector("form[data-label]");

if (form) {
  const radios = [...form.querySelectorAll("input[name=label]")];
  const reason = form.querySelector("select[name=reason]");
  const fields = [...form.querySelectorAll("[data-quote-field]")];
  const take = form.querySelector("[data-take]");
  let selected = "";

  const fit = () => {
    const label = radios.find((each) => each.checked)?.value;
    for (const group of form.querySelectorAll("[data-of]")) {
      const fits = !label || group.dataset.of === label;
      group.hidden = !fits;
      group.disabled = !fits;
    }
    const chosen = reason.selectedOptions[0]?.parentElement;
    if (chosen?.disabled) reason.value = "";
  };

  // One field more than is filled in, so that the button to save stays in sight.
  const unfold = () => {
    const filled = fields.findLastIndex((each) => each.value.trim());
    fields.forEach((each, at) => { each.hidden = at > Math.max(filled + 1, 0); });
  };

  const choose = (number) => {
    radios[number].checked = true;
    fit();
    reason.focus();
  };

  const quote = () => {
    const free = fields.find((each) => !each.value.trim()) ?? fields.at(-1);
    if (!selected) {
      free.focus();
      return;
    }
    free.value = selected;
    free.removeAttribute("aria-invalid");
    selected = "";
    getSelection()?.removeAllRanges();
    unfold();
    free.focus();
  };

  document.addEventListener("selectionchange", () => {
    const chosen = getSelection();
    const within = chosen?.anchorNode?.parentElement?.closest(".text");
    if (within && !chosen.isCollapsed) selected = chosen.toString().trim().slice(0, 600);
  });

  const keys = {
    1: () => choose(0),
    2: () => choose(1),
    3: () => choose(2),
    e: quote,
    s: () => document.querySelector("[data-skip]").click(),
  };

  document.addEventListener("keydown", (event) => {
    const at = event.target instanceof Element ? event.target : document.body;
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (at.closest("input:not([type=radio], [type=checkbox]), textarea, select")) return;
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });

  for (const each of radios) each.addEventListener("change", fit);
  for (const each of fields) each.addEventListener("input", unfold);
  take.hidden = false;
  take.addEventListener("click", quote);
  fit();
  unfold();
}
