// Single keys, found by aria-keyshortcuts: first in the row or card that holds the focus ([data-keys]), then on the page.
// Off with <html data-shortcuts="off">; never inside a box one types in. Ctrl or Cmd with Enter sends, always.
const typing = element => element.matches?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")
const visible = element => element.checkVisibility?.() ?? true
let going = false

export function listen() {
  document.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return sendForm(event)
    const off = document.documentElement.dataset.shortcuts === "off"
    if (off || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return
    if (document.querySelector("dialog[open]")) return
    const key = event.key.toLowerCase()
    if (going) { going = false; if (go(key)) event.preventDefault(); return }
    if (key === "g") { going = true; setTimeout(() => { going = false }, 1500); return }
    if (act(event.target, key)) event.preventDefault()
  })
}

function sendForm(event) {
  const form = event.target.closest?.("form[data-behaviour~=draft], form.composer")
  if (!form) return
  event.preventDefault()
  form.requestSubmit()
}

function go(key) {
  const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`)
  link?.click()
  return Boolean(link)
}

function act(from, key) {
  const scope = from.closest?.("[data-keys]")
  if (key === "j" || key === "k") return step(scope, key === "j" ? 1 : -1)
  const name = `[aria-keyshortcuts~="${CSS.escape(key)}" i]`
  const inside = scope ? [...scope.querySelectorAll(name)] : []
  const outside = [...document.querySelectorAll(name)].filter(found => !found.closest("[data-keys]"))
  const found = inside.find(visible) ?? inside.find(item => item.closest(".menu[open], .menu") && key.match(/[a-z]/)) ?? outside.find(item => visible(item) || item.dataset.opens)
  if (!found) return false
  if (found.matches("input")) { found.focus(); found.select() } else found.click()
  if (found.matches("summary")) found.parentElement.querySelector(".menu-list :is(a, button, input:not([type=hidden]))")?.focus()
  return true
}

function step(scope, by) {
  const rows = [...document.querySelectorAll("[data-keys~=row]")]
  const next = rows[scope ? rows.indexOf(scope) + by : 0]
  next?.querySelector(".row-name, a")?.focus()
  return Boolean(next)
}
