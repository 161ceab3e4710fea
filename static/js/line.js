// A box that wraps like a text and is one line all the same: Enter adds nothing to it, and what is put in comes as one.
export function bind(box) {
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) event.preventDefault()
  })
  box.addEventListener("input", () => {
    if (/[\r\n\u2028]/.test(box.value)) box.value = box.value.replace(/[\r\n\u2028]+/g, " ")
  })
}
