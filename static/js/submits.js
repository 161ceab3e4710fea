// A form that is sent as soon as a choice in it stands. Its button (.no-script) shows only without script.
// Arrow keys pass over choices on their way, so after a key it waits; and the page that comes back has the focus
// where it was.
const PAUSE = 800
const PLACE = "goodterms:chosen"

export function bind(form) {
  let byKey = false
  let waiting = null

  function send(box) {
    clearTimeout(waiting)
    waiting = null
    if (box) sessionStorage.setItem(PLACE, JSON.stringify({ path: pathOf(form), name: box.name }))
    form.requestSubmit()
  }

  form.addEventListener("keydown", () => { byKey = true })
  form.addEventListener("pointerdown", () => { byKey = false })
  form.addEventListener("change", event => {
    clearTimeout(waiting)
    waiting = setTimeout(() => send(event.target), byKey ? PAUSE : 0)
  })
  form.addEventListener("focusout", event => {
    if (waiting && !form.contains(event.relatedTarget)) send(null)
  })
  comeBack(form)
}

function comeBack(form) {
  const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "null")
  if (place?.path !== pathOf(form)) return
  sessionStorage.removeItem(PLACE)
  const focus = () => form.querySelector(`[name="${CSS.escape(place.name)}"]:checked`)?.focus({ preventScroll: true })
  if (document.readyState === "complete") return focus()
  addEventListener("load", () => setTimeout(focus), { once: true }) // the address may name a place, which takes the focus
}

const pathOf = form => new URL(form.action).pathname
