// Toasts: one at a time, gone after 10 seconds unless the pointer or the focus rests on them.
const LASTS = 10_000

export function bind(region) {
  const watch = () => { for (const toast of region.children) vanish(toast) }
  new MutationObserver(watch).observe(region, { childList: true })
  watch()
}

function vanish(toast) {
  if (toast.dataset.watched || toast.classList.contains("red")) return
  toast.dataset.watched = "yes"
  let timer
  const start = () => { timer = setTimeout(() => toast.matches(":hover, :focus-within") ? start() : toast.remove(), LASTS) }
  const restart = () => { clearTimeout(timer); start() }
  for (const leaving of ["pointerleave", "focusout"]) toast.addEventListener(leaving, restart)
  start()
}

// Say something in the status region. A red one stays until the next.
export function say(text, tone = "") {
  const region = document.querySelector("dialog[open] .toasts") ?? document.querySelector("body > .toasts")
  if (!region || !text) return
  const toast = document.createElement("div")
  toast.className = `toast ${tone}`.trim()
  const line = document.createElement("span")
  line.textContent = text
  toast.append(line)
  region.replaceChildren(toast)
}
