// Typing @ in a box with data-mentions="Nadia,Priya" offers the team. Typed by hand, @Priya works just as well.
// A name is found without its accents, too: @zo offers Zoë.
const plain = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()

export function bind(box) {
  const names = (box.dataset.mentions ?? "").split(",").filter(Boolean)
  const list = document.createElement("ul")
  list.className = "mention-list"
  list.id = `${box.id || "text"}-mentions`
  list.setAttribute("role", "listbox")
  list.hidden = true
  box.after(list)
  box.setAttribute("aria-autocomplete", "list")
  box.setAttribute("aria-controls", list.id)
  let at = 0
  const begun = () => box.value.slice(0, box.selectionStart).match(/(?:^|\s)@([\p{L}\p{M}\p{N}_-]*)$/u)
  const options = () => [...list.children]
  const mark = to => {
    at = (to + options().length) % options().length
    options().forEach((option, index) => option.setAttribute("aria-selected", index === at))
    box.setAttribute("aria-activedescendant", options()[at].id)
  }
  const close = () => { list.hidden = true; box.removeAttribute("aria-activedescendant") }
  const pick = name => {
    const start = box.selectionStart - begun()[1].length
    box.setRangeText(`${name} `, start, box.selectionStart, "end")
    box.dispatchEvent(new Event("input", { bubbles: true }))
    close()
  }
  const offer = () => {
    const typed = begun()?.[1]
    const fits = typed === undefined ? [] : names.filter(name => plain(name).startsWith(plain(typed)))
    if (!fits.length || (fits.length === 1 && fits[0].toLowerCase() === typed.toLowerCase())) return close()
    list.replaceChildren(...fits.map((name, index) => {
      const option = document.createElement("li")
      option.id = `${list.id}-${index}`
      option.setAttribute("role", "option")
      option.textContent = name
      option.addEventListener("pointerdown", event => { event.preventDefault(); pick(name) })
      return option
    }))
    list.hidden = false
    mark(0)
  }
  box.addEventListener("input", offer)
  box.addEventListener("blur", close)
  box.addEventListener("keydown", event => {
    if (list.hidden) return
    if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(at + (event.key === "ArrowDown" ? 1 : -1))
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") pick(options()[at].textContent)
    else if (event.key === "Escape") close()
    else return
    event.preventDefault()
  })
}
