// Board: a card is dragged to a column, or moved by its menu, or by M and a number. The three ways press the same
// thing: the element [data-to="stage"] in the card's menu. A button sends the move; a link opens the sheet that asks
// first (parked, trial task), and closing it puts the card back.
import * as pages from "./pages.js"
import * as sheets from "./sheets.js"
import * as toasts from "./toasts.js"
import * as words from "./words.js"

export function bind(board) {
  let lifted = null
  const columnOf = event => event.target.closest(".column")
  for (const card of board.querySelectorAll(".card:not(.still)")) {
    card.draggable = true
    card.querySelector(".card-name").draggable = false // the card is lifted, not its link
  }
  for (const name of ["focusin", "pointerover"]) board.addEventListener(name, event => lend(event.target.closest(".card")))
  board.addEventListener("toggle", event => lend(event.target.closest(".card")), true)
  board.addEventListener("dragstart", event => {
    lifted = event.target.closest(".card")
    lifted?.classList.add("ghost")
    event.dataTransfer.effectAllowed = "move"
    event.dataTransfer.setData("text/plain", lifted?.querySelector(".card-name")?.textContent ?? "")
  })
  board.addEventListener("dragover", event => {
    const column = columnOf(event)
    if (!lifted || !column) return
    event.preventDefault()
    for (const other of board.querySelectorAll(".column")) other.classList.toggle("over", other === column && !other.contains(lifted))
  })
  board.addEventListener("dragend", () => {
    lifted?.classList.remove("ghost")
    board.querySelector(".over")?.classList.remove("over")
    lifted = null
  })
  board.addEventListener("drop", event => {
    event.preventDefault()
    const column = columnOf(event)
    if (lifted && column && !column.contains(lifted)) move(lifted, column)
  })
  board.addEventListener("submit", event => {
    const button = event.submitter
    const card = event.target.closest(".card")
    if (!card || !button?.dataset.to) return
    event.preventDefault()
    event.target.closest(".menu")?.removeAttribute("open")
    save(card, document.getElementById(button.dataset.to), event.target, button)
  })
}

// All cards that can go the same ways share one menu, in a template. A card gets its own copy when it is about to be
// used: pointed at, focused, opened.
function lend(card) {
  const place = card?.querySelector("[data-ways]")
  if (!place) return
  const menu = document.getElementById(place.dataset.ways).content.cloneNode(true)
  const own = `/vendors/${card.id.replace("card-", "")}`
  for (const name of ["href", "action"]) {
    for (const way of menu.querySelectorAll(`[${name}]`)) way.setAttribute(name, way.getAttribute(name).replace(/\/vendors\/\d+/, own))
  }
  place.replaceWith(menu)
}

async function move(card, column) {
  lend(card)
  const way = card.querySelector(`[data-to="${column.id}"]`)
  if (!way) return
  if (way.matches("button")) return save(card, column, way.form, way)
  const back = place(card, column)
  const sheet = await sheets.open(way)
  if (sheet) sheet.addEventListener("close", back)
  else back()
}

// Puts the card into the column and answers how to put it back.
function place(card, column) {
  const home = card.parentElement
  const after = card.nextSibling
  column?.querySelector(".cards")?.prepend(card)
  return () => { if (card.isConnected) home.insertBefore(card, after) }
}

async function save(card, column, form, button) {
  const back = place(card, column)
  const got = await pages.send(form, button)
  if (!got) return back()
  const meant = pages.meaning(got)
  if (meant === "refused") {
    back()
    return toasts.say(pages.reason(got), "red")
  }
  if (meant === "asks") return sheets.present(got, card.querySelector(".card-name")).addEventListener("close", back)
  const { id } = card
  const said = words.words("moved", { name: card.querySelector(".card-name").textContent.trim(), column: column?.querySelector("h2").textContent.trim() ?? "" })
  pages.show(got)
  document.getElementById(id)?.querySelector(".card-name")?.focus()
  if (!document.querySelector(".toast")) toasts.say(said)
}
