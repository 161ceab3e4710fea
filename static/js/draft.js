// What is being written is kept on this device, with what is ticked and chosen beside it, until the server has said that
// it has it: the form is sent with a word of its own, and the page that tells of the success names that word.
// Each form has its own place: the person, and its address or data-draft.
import * as toasts from "./toasts.js"
import * as words from "./words.js"

const PREFIX = "draft:"
const WRITTEN = "textarea, input[type=text], input[type=email], input[type=url], input[type=tel], input:not([type])"
const LEFT_OUT = new Set(["hidden", "password", "file", "submit", "button", "reset", "image"])

const place = form => `${PREFIX}${document.body.dataset.person ?? ""}:${form.dataset.draft ?? form.getAttribute("action") ?? location.pathname}`
const boxes = form => [...form.elements].filter(box => box.name && box.matches("input, select, textarea") && !LEFT_OUT.has(box.type))
const isEmpty = form => boxes(form).every(box => !box.matches(WRITTEN) || !box.value.trim())
const stateOf = box => box.type === "checkbox" || box.type === "radio" ? [box.name, box.value, box.checked]
  : [box.name, null, box.options ? [...box.options].filter(option => option.selected).map(option => option.value) : box.value]

export function bind(form) {
  const key = place(form)
  const kept = read(key)
  const word = newWord()
  const own = document.createElement("input")
  Object.assign(own, { type: "hidden", name: "draft", value: word })
  form.append(own)
  if (kept && isEmpty(form)) restore(form, kept.boxes)
  for (const name of ["input", "change", "submit"]) form.addEventListener(name, () => keep(form, key, word))
}

// Forgets what the page says has arrived, and all of a person who has signed out.
export function settle() {
  for (const toast of document.querySelectorAll("[data-arrived], [data-signed-out]")) {
    const { arrived, signedOut } = toast.dataset
    for (const key of keys()) {
      if (signedOut ? key.startsWith(`${PREFIX}${signedOut}:`) : read(key)?.word === arrived) forget(key)
    }
  }
}

function keys() {
  try { return Object.keys(localStorage).filter(key => key.startsWith(PREFIX)) } catch { return [] }
}

// A word that no other form has; in words that a plain http:// page can make, too.
const newWord = () => [...crypto.getRandomValues(new Uint32Array(4))].map(number => number.toString(36)).join("-")

function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null")
    return Array.isArray(kept?.boxes) ? kept : null
  } catch { return null }
}

function forget(key) {
  try { localStorage.removeItem(key) } catch { /* nothing was kept */ }
}

function keep(form, key, word) {
  if (isEmpty(form)) return forget(key)
  try { localStorage.setItem(key, JSON.stringify({ word, boxes: boxes(form).map(stateOf) })) } catch { /* full or closed: the page still holds it */ }
}

function restore(form, states) {
  for (const [name, value, state] of states) {
    for (const box of boxes(form)) {
      if (box.name !== name || (value !== null && box.value !== value)) continue
      const before = JSON.stringify(stateOf(box))
      if (value !== null) box.checked = state
      else if (box.options) choose(box, state)
      else box.value = state
      if (JSON.stringify(stateOf(box)) !== before) box.closest("details")?.setAttribute("open", "")
    }
  }
  toasts.say(words.words("kept"))
}

// What is no longer among the choices is left as the page has it.
function choose(box, values) {
  const known = values.filter(value => [...box.options].some(option => option.value === value))
  if (known.length === values.length) for (const option of box.options) option.selected = values.includes(option.value)
}
