// Takes the focus when it appears: the summary of what to put right.
export function bind(element) {
  element.focus()
}
