// An upload says which file was chosen, and takes one that is dropped on it. With data-submit it is sent at once. What
// has more bytes than data-most together is not taken: it would travel for nothing, and the form would be lost on its way.
export function bind(area) {
  const box = area.querySelector("input[type=file]")
  const said = area.querySelector("output")
  const tell = () => {
    const size = [...box.files].reduce((sum, file) => sum + file.size, 0)
    if (size > Number(area.dataset.most ?? Infinity)) {
      box.value = ""
      said.textContent = area.dataset.tooLarge
      return
    }
    if (said) said.textContent = [...box.files].map(file => file.name).join(", ")
    if ("submit" in area.dataset && box.files.length) box.form.requestSubmit()
  }
  box.addEventListener("change", tell)
  for (const over of ["dragenter", "dragover"]) area.addEventListener(over, event => { event.preventDefault(); area.classList.add("over") })
  for (const gone of ["dragleave", "drop"]) area.addEventListener(gone, () => area.classList.remove("over"))
  area.addEventListener("drop", event => {
    event.preventDefault()
    if (!event.dataTransfer.files.length) return
    box.files = event.dataTransfer.files
    tell()
  })
}
