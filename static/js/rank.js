// A list one ranks by dragging. Each item has buttons up and down that work without script; a drop presses them.
// Items carry hidden inputs in the order to save; the form is sent after a drop when it has data-submit.
export function bind(list) {
  let lifted = null
  for (const item of list.children) item.draggable = true
  list.addEventListener("dragstart", event => {
    lifted = event.target.closest("li")
    lifted?.classList.add("ghost")
    event.dataTransfer.effectAllowed = "move"
  })
  list.addEventListener("dragover", event => {
    const over = event.target.closest("li")
    if (!lifted || !over || over.parentElement !== list) return
    event.preventDefault()
    const box = over.getBoundingClientRect()
    if (event.clientY < box.top + box.height / 2) over.before(lifted)
    else over.after(lifted)
  })
  list.addEventListener("drop", event => event.preventDefault())
  list.addEventListener("dragend", () => {
    lifted?.classList.remove("ghost")
    lifted = null
    list.closest("form[data-submit]")?.requestSubmit()
  })
}
