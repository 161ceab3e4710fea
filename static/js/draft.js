// What is being written is kept on this device until it has been sent. Each form has its own place: its address and
// data-draft. A draft that was sent is dropped when a page for the signed-in comes back without it.
import * as toasts from "./toasts.js"
import * as words from "./words.js"

const place = form => `draft:${document.body.dataset.person ?? ""}:${form.dataset.draft ?? form.getAttribute("action") ?? location.pathname}`
const boxes = form => [...form.querySelectorAll("textarea[name], input[type=text][name]")]

export function bind(form) {
  const key = place(form)
  const kept = read(key)
  const isEmpty = boxes(form).every(box => !box.value.trim())
  if (kept?.sent && isEmpty && "signedIn" in document.body.dataset && !("error" in document.body.dataset)) forget(key)
  else if (kept && isEmpty) restore(form, kept)
  form.addEventListener("input", () => keep(form, key, false))
  form.addEventListener("submit", () => keep(form, key, true))
}

function read(key) {
  try { return JSON.parse(localStorage.getItem(key) ?? "null") } catch { return null }
}

function forget(key) {
  try { localStorage.removeItem(key) } catch { /* nothing was kept */ }
}

function keep(form, key, sent) {
  const values = Object.fromEntries(boxes(form).map(box => [box.name, box.value]))
  if (!Object.values(values).some(value => value.trim())) return forget(key)
  try { localStorage.setItem(key, JSON.stringify({ values, sent })) } catch { /* full or closed: the page still holds it */ }
}

function restore(form, kept) {
  let back = false
  for (const box of boxes(form)) if (kept.values[box.name]) { box.value = kept.values[box.name]; back = true }
  if (back) toasts.say(words.words("kept"))
}
