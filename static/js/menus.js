// Menus are <details class="menu" name="menu">: they open without script.
// Added here: Escape closes and gives the focus back, arrows walk and wrap, a click outside closes, upwards without room.
const items = menu => [...menu.querySelectorAll(".menu-list :is(a, button, input, select)")].filter(item => item.offsetParent)

export function listen() {
  document.addEventListener("click", event => {
    for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false
  })
  document.addEventListener("keydown", event => {
    const menu = event.target.closest?.(".menu[open]")
    if (!menu) return
    if (event.key === "Escape") close(menu, event)
    if (event.key === "ArrowDown" || event.key === "ArrowUp") walk(menu, event)
  })
  document.addEventListener("toggle", event => {
    if (event.target.matches?.(".menu[open]")) makeRoom(event.target)
  }, true)
}

function close(menu, event) {
  event.stopPropagation()
  event.preventDefault()
  menu.open = false
  menu.querySelector("summary").focus()
}

function walk(menu, event) {
  if (event.target.matches("select, input[type=date]")) return
  event.preventDefault()
  const all = items(menu)
  const at = all.indexOf(document.activeElement)
  const next = event.key === "ArrowDown" ? at + 1 : (at === -1 ? 0 : at) - 1
  all[(next + all.length) % all.length]?.focus()
}

function makeRoom(menu) {
  menu.classList.remove("up")
  const list = menu.querySelector(".menu-list")?.getBoundingClientRect()
  const top = menu.getBoundingClientRect().top
  if (list && list.bottom > innerHeight && top > list.height) menu.classList.add("up")
}
