// What the pages gain where scripts run: keys, focus after a decision, words to screen readers.
// Everything works without it.

const cards = () => [...document.querySelectorAll("[data-card]")];
const isTyping = (at) => at.closest("input:not([type=radio], [type=checkbox]), textarea, select");
const actions = { a: "advance", c: "close", p: "park", d: "disagree" };

document.documentElement.classList.add("keyed");

function target() {
  const name = decodeURIComponent(location.hash.slice(1));
  return name ? document.getElementById(name) : null;
}

function focus(element) {
  element.focus({ preventScroll: true });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

function present() {
  return document.activeElement?.closest("[data-card]") ?? null;
}

function move(by) {
  const all = cards();
  const at = all.indexOf(present());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (next) focus(next);
}

function open(action) {
  const card = present() ?? (cards().length === 1 ? cards()[0] : null);
  const form = card?.querySelector(`details[data-act="${action}"]`);
  if (!form) return;
  form.open = true;
  quoteInto(form);
  (form.querySelector("[data-first]") ?? form.querySelector("summary")).focus();
}

function fold(at) {
  const form = at.closest("details[data-act]");
  if (!form) return;
  form.open = false;
  form.querySelector("summary").focus();
}

// Words that were selected in a note become the quote of the form that is opened next.
let selected = "";
document.addEventListener("selectionchange", () => {
  const chosen = getSelection();
  const within = chosen?.anchorNode?.parentElement?.closest(".text");
  if (within && !chosen.isCollapsed) selected = chosen.toString().trim().slice(0, 600);
});

function quoteInto(form) {
  const field = form.querySelector("[data-quote]");
  if (field && selected && !field.value) {
    field.value = selected;
    selected = "";
  }
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  o: () => present()?.querySelector("[data-open]")?.click(),
  u: () => document.querySelector("[data-undo]")?.requestSubmit(),
  "?": () => document.getElementById("help")?.showModal(),
  "/": () => {
    const field = document.getElementById("q");
    if (field) field.focus();
    else location.assign("/search");
  },
  ...Object.fromEntries(Object.entries(actions).map(([key, name]) => [key, () => open(name)])),
};

document.addEventListener("keydown", (event) => {
  const at = event.target instanceof Element ? event.target : document.body;
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return fold(at);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return at.closest("form")?.requestSubmit();
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(at)) return;
  if (event.key === "/" && !document.querySelector(".top")) return;
  const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("toggle", (event) => {
  if (event.target instanceof HTMLDetailsElement && event.target.open) quoteInto(event.target);
}, true);

// One click, one request: the server knows a second one too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

for (const button of document.querySelectorAll("[data-help]")) {
  button.hidden = false;
  button.addEventListener("click", keys["?"]);
}

// What stands on a page from the start is not read out; what is put there anew is.
const said = document.getElementById("said");
if (said?.querySelector("[data-flash]")) {
  const flash = said.firstElementChild;
  flash.remove();
  setTimeout(() => said.append(flash), 100);
  const clear = new URL(location.href);
  for (const name of ["done", "undone", "corrected", "restored", "saved"]) clear.searchParams.delete(name);
  history.replaceState(null, "", clear);
}

const wrong = document.querySelector("[aria-invalid=true]");
const aim = target();
if (wrong) wrong.focus();
else if (aim) {
  aim.closest("details")?.setAttribute("open", "");
  if (!aim.hasAttribute("tabindex")) aim.tabIndex = -1;
  aim.focus({ preventScroll: true });
  aim.scrollIntoView({ block: aim.tagName === "MARK" ? "center" : "start", behavior: "auto" });
}
