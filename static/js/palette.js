// Goes anywhere by a few letters. Ctrl or Cmd with K opens it, as does anything with [data-palette]; arrows choose,
// Enter goes, Escape closes and gives the focus back. The list is the server's; without it Enter searches.
import * as pages from "./pages.js"

let dialog
let box
let asked = 0
let shown
let timer

const options = () => [...dialog.querySelectorAll("[role=option]")]
const chosen = () => dialog.querySelector("[role=option][aria-selected=true]")

export function bind(element) {
  dialog = element
  box = dialog.querySelector("input")
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(renew, 120) })
  dialog.addEventListener("keydown", walk)
  dialog.querySelector("form").addEventListener("submit", go)
  dialog.addEventListener("click", event => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close()
  })
  dialog.addEventListener("close", () => { asked += 1; clearTimeout(timer); box.setAttribute("aria-expanded", "false") })
}

export function listen() {
  document.addEventListener("keydown", event => {
    if (event.key?.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return
    if (document.documentElement.dataset.shortcuts === "off" || !dialog?.isConnected) return
    event.preventDefault()
    if (dialog.open) dialog.close()
    else open()
  })
  document.addEventListener("click", event => {
    const opens = event.target.closest?.("[data-palette]")
    if (!opens || !dialog?.isConnected || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    open()
  })
}

function open() {
  box.value = ""
  shown = undefined
  dialog.showModal()
  box.focus()
  renew()
}

async function renew() {
  const mine = ++asked
  const typed = box.value
  const address = new URL(dialog.dataset.list, location)
  address.searchParams.set("q", typed)
  const here = location.pathname.match(/^\/vendors\/(\d+)/)
  if (here) address.searchParams.set("here", here[1])
  const got = await pages.ask(address)
  const fresh = got?.page.querySelector("#palette-list")
  if (mine !== asked || !fresh) return
  shown = typed
  dialog.querySelector("#palette-list").replaceWith(document.adoptNode(fresh))
  const found = options()
  box.setAttribute("aria-expanded", String(found.length > 0))
  choose(found[0])
  const status = dialog.querySelector("[role=status]")
  status.textContent = status.dataset.count.replace("{count}", found.length)
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false")
  box.removeAttribute("aria-activedescendant")
  if (!option) return
  option.setAttribute("aria-selected", "true")
  option.scrollIntoView({ block: "nearest" })
  box.setAttribute("aria-activedescendant", option.id)
}

function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const all = options()
  if (!step || !all.length || event.isComposing) return
  event.preventDefault()
  const at = all.indexOf(chosen())
  choose(all[(at + step + all.length) % all.length])
}

async function go(event) {
  event.preventDefault()
  clearTimeout(timer)
  if (box.value !== shown) await renew()
  const option = chosen()
  if (!option) return event.target.submit()
  dialog.close()
  option.click()
}
