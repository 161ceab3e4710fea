// A link with data-behaviour="sheet" opens the page it leads to as a sheet over this one.
// The form in it is sent from there; mistakes come back into the sheet, anything else is shown as the next page.
import * as pages from "./pages.js"
import * as toasts from "./toasts.js"
import * as words from "./words.js"

// A sheet may wait in a template until it is first wanted.
function unpack(id) {
  const found = document.getElementById(id)
  if (!found?.matches("template")) return found
  const sheet = found.content.firstElementChild
  sheet.id = id
  found.replaceWith(sheet)
  return sheet
}

export function listen() {
  document.addEventListener("click", event => {
    const at = selector => event.target.closest?.(selector)
    const link = at('a[data-behaviour~="sheet"]')
    if (link && !event.defaultPrevented && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
      event.preventDefault()
      open(link)
    }
    const opens = at("[data-opens]")
    if (opens) unpack(opens.dataset.opens)?.showModal()
    const closes = at("dialog [data-close]")
    if (closes) { event.preventDefault(); closes.closest("dialog").close() }
    if (event.target.matches?.("dialog.sheet[open]") && outside(event)) event.target.close()
  })
  document.addEventListener("submit", event => {
    const sheet = event.target.closest("dialog.fetched")
    if (!sheet || event.target.method !== "post") return
    event.preventDefault()
    send(sheet, event.target, event.submitter)
  })
}

const outside = ({ target, clientX: x, clientY: y }) => {
  const box = target.getBoundingClientRect()
  return x < box.left || x > box.right || y < box.top || y > box.bottom
}

// Opens a link's page as a sheet. Resolves to the dialog, or to null where the page was opened the plain way.
export async function open(link) {
  link.closest(".menu[open]")?.removeAttribute("open")
  const got = await pages.ask(link.href)
  if (!got) return null
  const main = got.page.querySelector("main")
  if (!main || !got.answer.ok) { location.assign(link.href); return null }
  return present(got, link)
}

// Shows a fetched page as a sheet; when it closes, the focus goes back to `from`.
export function present({ answer, page }, from) {
  const sheet = document.createElement("dialog")
  sheet.className = "sheet fetched"
  document.body.append(sheet)
  sheet.addEventListener("close", () => {
    sheet.remove()
    if (from?.isConnected) from.focus()
  })
  fill(sheet, page.querySelector("main"), answer.url)
  return sheet
}

function fill(sheet, main, address) {
  for (const form of main.querySelectorAll("form:not([action])")) form.setAttribute("action", address)
  const head = document.createElement("div")
  head.className = "sheet-head"
  const title = document.createElement("h2")
  title.id = "sheet-title"
  title.textContent = main.querySelector("h1")?.textContent ?? ""
  const close = document.createElement("button")
  close.type = "button"
  close.className = "btn quiet square sm sheet-x"
  close.dataset.close = ""
  close.setAttribute("aria-label", words.words("close"))
  close.append(words.cross())
  head.append(title, close)
  const body = document.createElement("div")
  body.className = "sheet-body"
  const lead = main.querySelector("h1 + .lead")
  for (const gone of main.querySelectorAll(".crumbs, .page-head, h1")) gone.remove()
  if (lead) body.append(lead)
  body.append(...main.childNodes)
  // What is said while a sheet is open must be said in it: the page behind is out of reach.
  const said = document.createElement("div")
  said.className = "toasts"
  said.setAttribute("role", "status")
  said.dataset.behaviour = "toasts"
  sheet.replaceChildren(head, body, said)
  sheet.setAttribute("aria-labelledby", title.id)
  if (!sheet.open) sheet.showModal()
  pages.renewed(sheet)
  const first = sheet.querySelector(".error-summary, [autofocus]") ?? sheet.querySelector(".sheet-body :is(input:not([type=hidden]), select, textarea)")
  first?.focus()
}

async function send(sheet, form, button) {
  const got = await pages.send(form, button)
  if (!got) return
  const meant = pages.meaning(got)
  if (meant === "asks") fill(sheet, got.page.querySelector("main"), got.answer.url)
  else if (meant === "next") pages.show(got)
  else toasts.say(pages.reason(got), "red")
}
