// A list of things to do: an act on a row is sent without leaving the page, and the focus goes on to the next row.
import * as pages from "./pages.js"
import * as toasts from "./toasts.js"
import * as words from "./words.js"

export function bind(list) {
  list.addEventListener("submit", event => {
    const row = event.target.closest(".row")
    if (!row || event.target.method !== "post") return
    event.preventDefault()
    event.target.closest(".menu[open]")?.removeAttribute("open")
    send(list, row, event.target, event.submitter)
  })
}

async function send(list, row, form, button) {
  const next = (row.nextElementSibling ?? row.previousElementSibling)?.id
  row.classList.add("done")
  const got = await pages.send(form, button)
  if (got?.answer.ok) {
    pages.show(got)
    const after = (next && document.getElementById(next)) || document.querySelector("[data-keys~=row]")
    after?.querySelector(".row-name")?.focus({ preventScroll: false })
    return
  }
  row.classList.remove("done")
  if (got) toasts.say(got.page.querySelector(".empty p, main p")?.textContent.trim() || words.words("broken"), "red")
}
